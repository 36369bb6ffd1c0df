/**
 * One-way tokens cannot be turned back, but whoever may see the people of a site can make the tokens of all of them
 * and look one up. That is how a query may name a person by a pseudonym.
 */
import type { Asked } from "./apply.ts";
import type { Flavor } from "./fields.ts";
import type { ResolvePerson } from "./jql.ts";
import { type Kind, PEOPLE } from "./kinds.ts";
import { type Pseudonyms, readToken } from "./pseudonym.ts";

/** Somebody as Jira's lists of users have them. */
export type KnownPerson = {
  readonly accountId?: string;
  readonly name?: string;
  readonly key?: string;
  readonly emailAddress?: string;
  readonly displayName?: string;
};
export type Directory = {
  /** Makes the tokens of these people. */
  readonly learn: (people: Iterable<KnownPerson>) => void;
  /** Account id on Cloud, login on Data Center: what queries and parameters take. */
  readonly resolve: ResolvePerson;
  readonly size: () => number;
};

const TOKENS = /lkp_[A-Za-z]{1,20}_[a-z0-9]{1,16}_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/g;
const KINDS: readonly (readonly [member: keyof KnownPerson, kind: Kind])[] = [
  ["accountId", "accountId"],
  ["name", "userName"],
  ["key", "userKey"],
  ["emailAddress", "email"],
  ["displayName", "displayName"],
];

/** The one-way tokens of people that a request holds, wherever; they must be looked up before it is admitted. */
export function tokensAsked({ path, query, body }: Asked): string[] {
  const text = [decoded(path), decoded(query ?? ""), JSON.stringify(body) ?? ""].join("\n");
  const found = new Set(text.match(TOKENS) ?? []);
  return [...found].filter((token) => {
    const kind = readToken(token)?.kind;
    return kind !== undefined && (PEOPLE as ReadonlySet<string>).has(kind);
  });
}

/** A name two people bear stands for neither. */
export function createDirectory(flavor: Flavor, pseudonyms: Pseudonyms): Directory {
  const known = new Map<string, string | undefined>();
  let people = 0;
  return {
    learn(list) {
      for (const person of list) {
        const value = flavor === "cloud" ? person.accountId : (person.name ?? person.key);
        if (value === undefined) continue;
        people += 1;
        for (const [member, kind] of KINDS) {
          const text = person[member];
          if (text === undefined || text === "") continue;
          for (const token of pseudonyms.every(kind, text)) {
            known.set(token, known.has(token) && known.get(token) !== value ? undefined : value);
          }
        }
      }
    },
    resolve: (token) => known.get(token),
    size: () => people,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
