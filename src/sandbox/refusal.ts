/** What the sandbox refuses to do, and why, in a sentence for a person. */

/**
 * `usage`: the options or the request cannot be understood. `configuration`: they can, but this machine does not
 * allow it (port taken, file unreadable).
 */
export class SandboxRefusal extends Error {
  readonly kind: "usage" | "configuration";
  constructor(kind: "usage" | "configuration", message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "SandboxRefusal";
    this.kind = kind;
  }
}

/** The short reason of a system error, such as `ENOENT`; never a stack. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT") return "there is no such file";
    if (code === "EACCES" || code === "EPERM") return "permission denied";
    if (code === "EISDIR") return "it is a directory";
    if (code === "ENOTDIR") return "a part of its path is not a directory";
    return code ?? error.message;
  }
  return String(error);
}
