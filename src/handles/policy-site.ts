/** What a policy needs to know of a site: its own fields, and its people where one is named by a one-way token. */
import { isLatchkeyError } from "../errors.ts";
import type { Jira } from "../jira/index.ts";
import type { FieldDescription, KnownPerson } from "../policy/index.ts";
import type { Connection } from "../vault/index.ts";

/** Asks a site as the person whose connection it is. */
export type SiteReader = (connection: Connection) => Promise<Pick<Jira, "request">>;

const PAGE = 1000;
const MOST_PEOPLE = 50_000;

/** The fields the account may see; none where it may not ask for them. @throws what reading them meets otherwise */
export async function readFields(reader: SiteReader, connection: Connection): Promise<FieldDescription[]> {
  const jira = await reader(connection);
  try {
    const answer = (await jira.request({ path: `/rest/api/${versionOf(connection)}/field` })).json();
    return Array.isArray(answer) ? answer.flatMap(described) : [];
  } catch (thrown) {
    if (isDenied(thrown)) return [];
    throw thrown;
  }
}

function described(value: unknown): FieldDescription[] {
  if (typeof value !== "object" || value === null) return [];
  const { id, name, schema } = value as Record<string, unknown>;
  if (typeof id !== "string") return [];
  return [
    {
      id,
      ...(typeof name === "string" ? { name } : {}),
      ...(typeof schema === "object" && schema !== null ? { schema } : {}),
    },
  ];
}

/** The people the account may see, page by page; none where it may not see them. */
export async function* readPeople(reader: SiteReader, connection: Connection): AsyncGenerator<KnownPerson[]> {
  const jira = await reader(connection);
  const cloud = connection.flavor === "cloud";
  const path = cloud ? "/rest/api/3/users/search" : "/rest/api/2/user/search";
  for (let startAt = 0; startAt < MOST_PEOPLE; ) {
    // A dot finds every login that Data Center knows.
    const query = { startAt, maxResults: PAGE, ...(cloud ? {} : { username: ".", includeInactive: true }) };
    let page: unknown;
    try {
      page = (await jira.request({ path, query })).json();
    } catch (thrown) {
      if (isDenied(thrown)) return;
      throw thrown;
    }
    // Servers may give less than what was asked for; only an empty page is the last.
    if (!Array.isArray(page) || page.length === 0) return;
    yield page as KnownPerson[];
    startAt += page.length;
  }
}

const versionOf = ({ flavor }: Connection) => (flavor === "cloud" ? 3 : 2);

function isDenied(thrown: unknown): boolean {
  return (
    isLatchkeyError(thrown) && ["scope_missing", "jira_forbidden", "jira_not_found"].includes(thrown.code)
  );
}
