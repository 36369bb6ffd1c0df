import { LatchkeyError } from "../errors.ts";
import type { Priority } from "../jira/index.ts";
import { FLAVORS } from "../protocol/flavors.ts";
import type { LinkRow } from "../store/index.ts";
import type { Bench, Workshop } from "./bench.ts";
import { openContent } from "./content.ts";
import { createForms } from "./form.ts";
import { holderOf, LIMITS } from "./lease.ts";
import { pushMany } from "./many.ts";
import type { LinkQuery, Links, Push, PushOptions, PushParts } from "./model.ts";
import { pushOne } from "./one.ts";
import { peopleOf } from "./people.ts";
import { createReadings } from "./recent.ts";
import { refresh } from "./refresh.ts";
import { viewOf } from "./views.ts";

const MOST_LISTED = 200;

/** Pushes ideas into Jira, and keeps what became of them. */
export function createPush(parts: PushParts): Push {
  const workshop: Workshop = {
    ...parts,
    limits: { ...LIMITS, ...parts.limits },
    holder: holderOf(parts.random),
    forms: createForms(parts.now),
    readings: createReadings(),
  };
  const push: Push["push"] = async (owner, connection_id, idea, options = {}) =>
    await pushOne(await benchFor(workshop, owner, connection_id, options.priority), idea, options);
  return {
    push,
    async *pushMany(owner, connection_id, ideas, options = {}) {
      const bench = await benchFor(workshop, owner, connection_id, options.priority ?? "bulk");
      yield* pushMany(bench, ideas, options);
    },
    links: linksOf(workshop, push),
  };
}

async function benchFor(
  workshop: Workshop,
  owner: string,
  connection_id: string,
  priority: Priority = "interactive",
): Promise<Bench> {
  const connection = await workshop.vault.connections.get(owner, connection_id);
  const jira = await workshop.jiraFor(owner, connection_id, { priority });
  return { ...workshop, owner, connection, jira, dialect: FLAVORS[jira.flavor], people: peopleOf(jira) };
}

function linksOf(workshop: Workshop, push: Push["push"]): Links {
  const { store } = workshop;
  const rowOf = async (owner: string, id: string): Promise<LinkRow> => {
    const row = await store.links.get(owner, id);
    if (!row) throw new LatchkeyError("not_found");
    return row;
  };
  const ideaOf = (row: LinkRow) => {
    const content = openContent(workshop, row);
    if (!content) throw new LatchkeyError("not_found", "Nothing was kept of this idea.");
    return content.idea;
  };
  const short = ({ owner, id, connection_id }: LinkRow) => ({ owner, id, connection_id });
  return {
    async list(owner, query = {}) {
      return (await store.links.list(owner, bounded(query))).map((row) => viewOf(workshop, row));
    },
    get: async (owner, id) => viewOf(workshop, await rowOf(owner, id)),
    idea: async (owner, id) => ideaOf(await rowOf(owner, id)),
    count: (owner, connection_id) => store.links.countByState(owner, connection_id),
    async refresh(owner, id) {
      const { connection_id } = await rowOf(owner, id);
      return await refresh(await benchFor(workshop, owner, connection_id, "bulk"), id);
    },
    async retry(owner, id, options: PushOptions = {}) {
      const row = await rowOf(owner, id);
      return await push(owner, row.connection_id, ideaOf(row), options);
    },
    async forget(owner, id) {
      if (!(await store.links.remove(owner, id))) throw new LatchkeyError("not_found");
    },
    async findByIssue(registration_id, site_id, issue_id) {
      return (await store.links.byIssueForOperator(registration_id, site_id, issue_id)).map(short);
    },
    async due(before, limit, connection_id) {
      return (await store.links.notSeenSinceForOperator(before, limit, connection_id)).map(short);
    },
    async listForOperator(limit) {
      const rows = await store.links.listForOperator(limit);
      return rows.map((row) => ({ ...viewOf(workshop, row), owner: row.owner }));
    },
  };
}

function bounded(query: LinkQuery): LinkQuery {
  return { ...query, limit: Math.min(MOST_LISTED, Math.max(1, query.limit ?? 50)) };
}
