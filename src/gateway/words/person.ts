/** People, as names and initials. No pictures: they would come from elsewhere. */
import type { Connection } from "../../vault/index.ts";
import { plain } from "../html.ts";

/** The name of the account a connection acts as; `undefined` where Jira has not said. */
export function accountName(connection: Pick<Connection, "account">): string | undefined {
  const { account } = connection;
  return (
    plain(account?.display_name ?? account?.name ?? account?.email ?? account?.account_id, 200) || undefined
  );
}

/** A person in Jira's own JSON, or in ours, by the best name there is. */
export function personName(json: unknown): string | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const { displayName, display_name, name, emailAddress, accountId, account_id } = json as Record<
    string,
    unknown
  >;
  return (
    plain(displayName ?? display_name ?? name ?? emailAddress ?? accountId ?? account_id, 200) || undefined
  );
}

/** `AE` for Alana Example. */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const picked = words.length > 1 ? [words[0]!, words.at(-1)!] : words;
  return picked.map((word) => ([...word][0] ?? "").toUpperCase()).join("") || "?";
}
