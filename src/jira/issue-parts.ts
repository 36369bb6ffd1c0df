import { LatchkeyError } from "../errors.ts";
import type { Dialect } from "../protocol/flavors.ts";
import { segment } from "./address.ts";
import type { Caller } from "./caller.ts";
import { objectFrom, unlessAbsent, unreadable } from "./issues.ts";
import type { Jira, Json } from "./model.ts";
import { paginateWith } from "./paginate.ts";
import type { IssueProperties, RemoteLink, RemoteLinks } from "./resources.ts";
import { richTextFor } from "./richtext.ts";

/** What hangs on an issue: properties, remote links, worklogs. */
export function issuePartsResource(
  caller: Caller,
  dialect: Dialect,
): Pick<Jira, "issueProperties" | "remoteLinks" | "worklogs"> {
  const below = (key: string, path: string) => caller.api(`/issue/${segment(key)}${path}`);
  return {
    issueProperties: (key) => propertiesOf(caller, below(key, "/properties")),
    remoteLinks: (key) => remoteLinksOf(caller, below(key, "/remotelink")),
    worklogs(key) {
      const path = below(key, "/worklog");
      return {
        [Symbol.asyncIterator]: () => paginateWith(caller, path, { items: "worklogs", page_size: 1_000 }),
        add: ({ time_spent_s, started_at, comment }) => {
          const json = {
            timeSpentSeconds: time_spent_s,
            // Jira wants an offset without a colon and takes no `Z`.
            started: new Date(started_at).toISOString().replace("Z", "+0000"),
            ...(comment === undefined ? {} : { comment: richTextFor(dialect, comment) }),
          };
          return objectFrom(caller.request({ method: "POST", path, json }), "worklog");
        },
      };
    },
  };
}

function propertiesOf(caller: Caller, path: string): IssueProperties {
  const one = (name: string) => `${path}/${segment(name)}`;
  return {
    async keys() {
      const { keys } = await objectFrom(caller.request({ path }), "list of properties");
      if (!Array.isArray(keys)) throw unreadable("list of properties");
      return (keys as Json[]).map(({ key }) => String(key));
    },
    get: (name) =>
      unlessAbsent(
        objectFrom(caller.request({ path: one(name) }), "property").then(({ value }) => value),
        undefined,
      ),
    async set(name, value) {
      if (value === undefined) throw new LatchkeyError("bad_request", "A property needs a value.");
      await caller.request({ method: "PUT", path: one(name), json: value, repeatable: true });
    },
    delete: (name) =>
      unlessAbsent(
        caller.request({ method: "DELETE", path: one(name) }).then(() => true),
        false,
      ),
  };
}

function remoteLinksOf(caller: Caller, path: string): RemoteLinks {
  return {
    async list() {
      const links = (await caller.request({ path })).json();
      if (!Array.isArray(links)) throw unreadable("list of remote links");
      return links as Json[];
    },
    find: (globalId) =>
      unlessAbsent<Json | undefined>(
        objectFrom(caller.request({ path, query: { globalId } }), "remote link"),
        undefined,
      ),
    async put(link) {
      const answer = await caller.request({
        method: "POST",
        path,
        json: remoteLinkJson(link),
        // Jira finds the link by its global id; without one a second sending would be a second link.
        ...(link.global_id === undefined ? {} : { repeatable: true }),
      });
      const { id } = await objectFrom(Promise.resolve(answer), "remote link");
      if (typeof id !== "number" && typeof id !== "string") throw unreadable("remote link");
      return { id: String(id), created: answer.status === 201 };
    },
    async update(id, link) {
      await caller.request({ method: "PUT", path: `${path}/${segment(id)}`, json: remoteLinkJson(link) });
    },
    delete(which) {
      const one =
        typeof which === "string"
          ? { path: `${path}/${segment(which)}` }
          : { path, query: { globalId: which.global_id } };
      return unlessAbsent(
        caller.request({ method: "DELETE", ...one }).then(() => true),
        false,
      );
    },
  };
}

/** A remote link as Jira takes one. */
export function remoteLinkJson(link: RemoteLink): Json {
  const icon = link.icon_url === undefined ? undefined : { url16x16: link.icon_url, title: link.icon_title };
  return {
    globalId: link.global_id,
    application: link.application,
    relationship: link.relationship,
    object: {
      url: link.url,
      title: link.title,
      summary: link.summary,
      icon,
      ...(link.resolved === undefined ? {} : { status: { resolved: link.resolved } }),
    },
  };
}
