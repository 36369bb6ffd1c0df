/** Text for people: a string is plain text; otherwise it says what it is. */
export type RichText =
  | string
  | { readonly markdown: string }
  /** Atlassian Document Format; Cloud only. */
  | { readonly adf: unknown };

/** Plain text of a description or comment body: ADF, wiki text or nothing. */
export function plainText(_value: unknown): string {
  throw new Error("not built yet");
}
