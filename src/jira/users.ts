import type { Dialect } from "../protocol/flavors.ts";
import { segment } from "./address.ts";
import type { Caller } from "./caller.ts";
import { unreadable } from "./issues.ts";
import type { Jira, Query } from "./model.ts";
import { type Person, personOf } from "./people.ts";
import { userValue } from "./person-values.ts";

const PAGE = 50;
/** Jira looks no further, whatever it is asked. */
const FURTHEST = 1_000;

/** People: found, named in a field, made the assignee. */
export function userResource(caller: Caller, dialect: Dialect): Pick<Jira, "users" | "assign"> {
  const cloud = dialect.user_id === "accountId";
  const words = (text: string): Query => (cloud ? { query: text } : { username: text });

  /**
   * A plain list by offset. Jira cuts the page out first and then drops whom one may not see, so the next page
   * begins a whole page later, and only an empty one is the last.
   */
  async function* people(path: string, query: Query): AsyncGenerator<Person> {
    const seen = new Set<string>();
    for (let startAt = 0; startAt < FURTHEST; startAt += PAGE) {
      const page = (await caller.request({ path, query: { ...query, startAt, maxResults: PAGE } })).json();
      if (!Array.isArray(page)) throw unreadable("list of people");
      if (page.length === 0) return;
      for (const person of page.map(personOf)) {
        if (person === undefined || seen.has(person.account_id)) continue;
        seen.add(person.account_id);
        yield person;
      }
    }
  }

  return {
    users: {
      search: (text) => people(caller.api("/user/search"), words(text)),
      async get(account_id) {
        const path = caller.api("/user");
        const read = async (query: Query) => personOf((await caller.request({ path, query })).json());
        const person = cloud
          ? await read({ accountId: account_id })
          : await read({ key: account_id }).catch(() => read({ username: account_id }));
        if (!person) throw unreadable("user");
        return person;
      },
      assignable: (where, text = "") => {
        const place: Query = "project" in where ? { project: where.project } : { issueKey: where.issue };
        return people(caller.api("/user/assignable/search"), { ...place, ...words(text) });
      },
    },
    async assign(key, person) {
      // Its own resource: whoever may assign an issue need not be allowed to edit it.
      const json = person === undefined ? { [dialect.user_id]: null } : userValue(dialect, { person });
      const path = caller.api(`/issue/${segment(key)}/assignee`);
      await caller.request({ method: "PUT", path, json });
    },
  };
}
