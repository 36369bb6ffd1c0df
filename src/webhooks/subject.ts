/** The one thing that is taken out of a webhook: which issue it may be about. */

const ID = /^\d{1,19}$/;
const KEY = /^[A-Z][A-Z0-9_]{0,99}-\d{1,19}$/;
const MAX_SELF = 2_000;

export type Subject = {
  readonly named: { readonly issue_id: string } | { readonly issue_key: string };
  /** The issue's own address, which tells its site. */
  readonly self?: string;
};

/** `undefined` where it names no issue. The id goes before the key, since a key may change. */
export function subjectOf(body: unknown, query: URLSearchParams): Subject | undefined {
  const issue = recordOf(recordOf(body)?.issue);
  const self = typeof issue?.self === "string" ? issue.self.slice(0, MAX_SELF) : undefined;
  const places = [issue?.id, query.get("issue_id"), issue?.key, query.get("issue_key")];
  for (const place of places) {
    const text = typeof place === "number" ? String(place) : place;
    if (typeof text !== "string") continue;
    const about = self === undefined ? {} : { self };
    if (ID.test(text)) return { named: { issue_id: text }, ...about };
    if (KEY.test(text)) return { named: { issue_key: text }, ...about };
  }
  return undefined;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}
