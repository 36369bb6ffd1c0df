/** A text read as an option's value, or what is wrong with it, in words that follow its name. */
export type Parsed = { readonly value: string | number | readonly string[] } | { readonly problem: string };
