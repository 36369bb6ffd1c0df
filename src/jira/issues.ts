import { LatchkeyError } from "../errors.ts";
import type { Dialect } from "../protocol/flavors.ts";
import { segment } from "./address.ts";
import type { Caller } from "./caller.ts";
import type { IssueJson, Jira, Json } from "./model.ts";
import { paginateWith } from "./paginate.ts";
import { personOf } from "./people.ts";
import { richTextFor } from "./richtext.ts";

type Issues = Pick<
  Jira,
  | "serverInfo"
  | "myself"
  | "issue"
  | "comments"
  | "addComment"
  | "transitions"
  | "transition"
  | "createIssue"
  | "updateIssue"
  | "remoteLinks"
  | "projects"
>;

export function unreadable(what: string): LatchkeyError {
  return new LatchkeyError("jira_answer_unreadable", `Jira answered no ${what}.`);
}

/** Reads an object, or says what was expected. */
export async function objectFrom(answer: Promise<{ json(): unknown }>, what: string): Promise<Json> {
  const body = (await answer).json();
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw unreadable(what);
  return body as Json;
}

const isNumeric = (text: string) => /^\d+$/.test(text);

/** The everyday calls on issues and projects, written once for every flavor. */
export function issueResource(caller: Caller, dialect: Dialect): Issues {
  const { api } = caller;
  const get = (path: string, query = {}) => caller.request({ path: api(path), query });
  const issuePath = (key: string, below = "") => `/issue/${segment(key)}${below}`;

  return {
    serverInfo: () => objectFrom(get("/serverInfo"), "server info"),
    async myself() {
      const person = personOf((await get("/myself")).json());
      if (!person) throw unreadable("user");
      return person;
    },
    async issue(key, { fields, expand } = {}) {
      const query = { fields: fields?.join(","), expand: expand?.join(",") };
      const issue = await objectFrom(get(issuePath(key), query), "issue");
      if (typeof issue.id !== "string" || typeof issue.key !== "string") throw unreadable("issue");
      return issue as IssueJson;
    },
    comments: (key) => paginateWith(caller, api(issuePath(key, "/comment")), { items: "comments" }),
    addComment: (key, text) => {
      const json = { body: richTextFor(dialect, text) };
      return objectFrom(
        caller.request({ method: "POST", path: api(issuePath(key, "/comment")), json }),
        "comment",
      );
    },
    async transitions(key) {
      const { transitions } = await objectFrom(get(issuePath(key, "/transitions")), "list of transitions");
      if (!Array.isArray(transitions)) throw unreadable("list of transitions");
      return transitions as Json[];
    },
    async transition(key, id) {
      const json = { transition: { id } };
      await caller.request({ method: "POST", path: api(issuePath(key, "/transitions")), json });
    },
    async createIssue({ project, issuetype, summary, description, fields }) {
      const written = {
        project: isNumeric(project) ? { id: project } : { key: project },
        issuetype: isNumeric(issuetype) ? { id: issuetype } : { name: issuetype },
        summary,
        ...(description === undefined ? {} : { description: richTextFor(dialect, description) }),
        ...fields,
      };
      const answer = caller.request({ method: "POST", path: api("/issue"), json: { fields: written } });
      const { id, key } = await objectFrom(answer, "new issue");
      if (typeof id !== "string" || typeof key !== "string") throw unreadable("new issue");
      return { id, key };
    },
    async updateIssue(key, fields) {
      await caller.request({ method: "PUT", path: api(issuePath(key)), json: { fields } });
    },
    async remoteLinks(key) {
      const links = (await get(issuePath(key, "/remotelink"))).json();
      if (!Array.isArray(links)) throw unreadable("list of remote links");
      return links as Json[];
    },
    projects: () =>
      dialect.deployment === "cloud"
        ? paginateWith(caller, api("/project/search"), { items: "values" })
        : paginateWith(caller, api("/project")),
  };
}
