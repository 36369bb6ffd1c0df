import { isLatchkeyError } from "../errors.ts";
import type { Jira, Person } from "../jira/index.ts";

/** People by what applications call them. */
export type People = { find(named: string): Promise<Person | undefined> };

const MOST = 2_000;

/** Looks each person up once. By e-mail where Jira shows addresses, else by account id, user key or name. */
export function peopleOf(jira: Jira): People {
  const known = new Map<string, Promise<Person | undefined>>();
  return {
    find(named) {
      const key = named.toLowerCase();
      const found = known.get(key) ?? look(jira, named);
      if (known.size >= MOST) known.clear();
      known.set(key, found);
      found.catch(() => known.delete(key));
      return found;
    },
  };
}

async function look(jira: Jira, named: string): Promise<Person | undefined> {
  try {
    if (!named.includes("@")) return await jira.users.get(named);
    for await (const person of jira.users.search(named)) {
      if (person.email?.toLowerCase() === named.toLowerCase()) return person;
    }
    // A user name of Data Center may be an address.
    return jira.flavor === "cloud" ? undefined : await jira.users.get(named);
  } catch (thrown) {
    const absent = ["jira_not_found", "jira_bad_request", "jira_forbidden", "scope_missing"];
    if (isLatchkeyError(thrown) && absent.includes(thrown.code)) return undefined;
    throw thrown;
  }
}
