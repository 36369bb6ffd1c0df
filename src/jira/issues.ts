import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import type { Dialect } from "../protocol/flavors.ts";
import { segment } from "./address.ts";
import type { Caller } from "./caller.ts";
import type { IssueJson, Jira, Json } from "./model.ts";
import { paginateWith } from "./paginate.ts";
import { personOf } from "./people.ts";
import { isPersonValue, userValue } from "./person-values.ts";
import { isMarked, richTextFor } from "./richtext.ts";

type Issues = Pick<
  Jira,
  | "serverInfo"
  | "myself"
  | "issue"
  | "comments"
  | "addComment"
  | "updateComment"
  | "deleteComment"
  | "deleteIssue"
  | "transitions"
  | "transition"
  | "createIssue"
  | "updateIssue"
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

/** Texts and people in the form of this flavor; everything else stays as it is. */
function written(dialect: Dialect, fields: Json = {}): Json {
  const value = (one: unknown): unknown => {
    if (isMarked(one)) return richTextFor(dialect, one);
    if (isPersonValue(one)) return userValue(dialect, one);
    return Array.isArray(one) ? one.map(value) : one;
  };
  return Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, value(one)]));
}

/** What a call answers, or `absent` where Jira knows no such thing. */
export async function unlessAbsent<T>(call: Promise<T>, absent: T): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (isLatchkeyError(error) && error.code === "jira_not_found") return absent;
    throw error;
  }
}

const isNumeric = (text: string) => /^\d+$/.test(text);

/** The everyday calls on issues and projects, written once for every flavor. */
export function issueResource(caller: Caller, dialect: Dialect): Issues {
  const { api } = caller;
  const get = (path: string, query = {}) => caller.request({ path: api(path), query });
  const remove = (path: string, query = {}) =>
    unlessAbsent(
      caller.request({ method: "DELETE", path, query }).then(() => true),
      false,
    );
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
      const path = api(issuePath(key, "/comment"));
      return objectFrom(caller.request({ method: "POST", path, json }), "comment");
    },
    updateComment: (key, id, text) => {
      const json = { body: richTextFor(dialect, text) };
      const path = api(issuePath(key, `/comment/${segment(id)}`));
      return objectFrom(caller.request({ method: "PUT", path, json, repeatable: true }), "comment");
    },
    deleteComment: (key, id) => remove(api(issuePath(key, `/comment/${segment(id)}`))),
    deleteIssue: (key) => remove(api(issuePath(key)), { deleteSubtasks: true }),
    async transitions(key) {
      const { transitions } = await objectFrom(get(issuePath(key, "/transitions")), "list of transitions");
      if (!Array.isArray(transitions)) throw unreadable("list of transitions");
      return transitions as Json[];
    },
    async transition(key, id, { fields, comment } = {}) {
      const added = comment === undefined ? [] : [{ add: { body: richTextFor(dialect, comment) } }];
      const json = {
        transition: { id },
        ...(fields === undefined ? {} : { fields: written(dialect, fields) }),
        ...(added.length === 0 ? {} : { update: { comment: added } }),
      };
      await caller.request({ method: "POST", path: api(issuePath(key, "/transitions")), json });
    },
    async createIssue({ project, issuetype, summary, description, fields }) {
      const values = {
        project: isNumeric(project) ? { id: project } : { key: project },
        issuetype: isNumeric(issuetype) ? { id: issuetype } : { name: issuetype },
        summary,
        ...(description === undefined ? {} : { description: richTextFor(dialect, description) }),
        ...written(dialect, fields),
      };
      const answer = caller.request({ method: "POST", path: api("/issue"), json: { fields: values } });
      const { id, key } = await objectFrom(answer, "new issue");
      if (typeof id !== "string" || typeof key !== "string") throw unreadable("new issue");
      return { id, key };
    },
    async updateIssue(key, fields, { update, notify } = {}) {
      const json = { fields: written(dialect, fields), ...(update === undefined ? {} : { update }) };
      const query = notify === false ? { notifyUsers: false } : {};
      await caller.request({ method: "PUT", path: api(issuePath(key)), query, json });
    },
    projects: () =>
      dialect.deployment === "cloud"
        ? paginateWith(caller, api("/project/search"), { items: "values" })
        : paginateWith(caller, api("/project")),
  };
}
