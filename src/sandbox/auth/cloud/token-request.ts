/** What a token request says, whether it came as JSON or as a form. */
export type TokenRequest = (name: string) => string | undefined;
