/** One behaviour of a real Jira that is not known for certain, or differs between versions. */
export type Switch = {
  readonly name: string;
  /** The values it takes, or the word for what it takes when the values cannot be listed. */
  readonly values: readonly string[] | "seconds" | "number" | "text";
  /** What a text must look like, and how that is said. */
  readonly shape?: { readonly pattern: RegExp; readonly words: string };
  readonly default: string;
  readonly meaning: string;
};
