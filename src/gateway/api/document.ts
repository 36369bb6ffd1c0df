import type { ZodType } from "zod";
import { LatchkeyError } from "../../errors.ts";
import { Problem } from "./schemas.ts";

const MEANINGS = {
  400: "Something in the request is not well formed; `errors` names each field.",
  401: "No usable handle.",
  403: "The handle does not allow this.",
  404: "There is no such thing, or it is another owner's.",
  409: "The connection's state does not allow it; `code` says why.",
  413: "The body is larger than the limit.",
  415: "The body is not JSON.",
  422: "Jira does not take what was given, or is none.",
  502: "Jira did not answer as it should.",
} as const;

type Status = keyof typeof MEANINGS;

/** The answers of one operation: its own, and the problems it may end in, besides 401 and 403. */
export function answers<S extends 200 | 201 | 202, T extends ZodType>(
  status: S,
  description: string,
  schema: T,
  problems: readonly Status[] = [],
) {
  const refused = Object.fromEntries(
    ([401, 403, ...problems] as Status[]).map((code) => [
      code,
      { description: MEANINGS[code], content: { "application/problem+json": { schema: Problem } } },
    ]),
  );
  const own = { [status]: { description, content: { "application/json": { schema } } } } as {
    [K in S]: { description: string; content: { "application/json": { schema: T } } };
  };
  return { ...refused, ...own };
}

/** A JSON body. */
export function json<T extends ZodType>(schema: T, required = true) {
  return { content: { "application/json": { schema } }, required };
}

export const SECURED = { security: [{ handle: [] as string[] }] };

type Issue = { readonly code: string; readonly path: readonly PropertyKey[]; readonly message: string };

/** What the checks of the descriptions found, with every field named. */
export function invalid(issues: readonly Issue[]): LatchkeyError {
  const errors = issues.slice(0, 20).flatMap((issue) => {
    const field = issue.path.map(String).join(".");
    if (issue.code !== "unrecognized_keys" || !("keys" in issue)) return [{ field, says: issue.message }];
    return (issue.keys as string[]).map((key) => ({
      field: [field, key.slice(0, 100)].filter(Boolean).join("."),
      says: "There is no such field.",
    }));
  });
  const [first] = errors;
  const where = first?.field ? `${first.field}: ` : "";
  return new LatchkeyError("bad_request", `${where}${first?.says ?? "The request is not well formed."}`, {
    details: { field: first?.field ?? "", errors },
  });
}
