export type OperationScopes = {
  readonly method: string;
  /** The path as Atlassian writes it, with its parameters in braces. */
  readonly path: string;
  /** All of these are enough. */
  readonly classic: readonly string[];
  /** Or all of these. */
  readonly granular: readonly string[];
};

export function scopesFor(_method: string, _path: string): OperationScopes | undefined {
  throw new Error("not built yet");
}
