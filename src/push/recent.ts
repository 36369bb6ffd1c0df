import type { Jira, Json } from "../jira/index.ts";
import type { LinkRow, Store } from "../store/index.ts";
import { isOf, type Marker, PROPERTY, readMarker } from "./marker.ts";

/** An issue of ours that carries an idea. */
export type Marked = {
  readonly id: string;
  readonly key: string;
  readonly created: number;
  readonly fields: Json;
  readonly marker?: Marker;
};

/** Jira's clock and ours are told apart by the Date of its answers; what is left may be this much. */
const SLACK_MS = 30_000;
const UNKNOWN_CLOCK_MS = 120_000;
const PAGE = 100;
/** Further back nobody looks: what was made before so many issues is not recent. */
const MOST = 20_000;

type Search = {
  readonly jira: Jira;
  readonly store: Store;
  readonly now: () => number;
  readonly owner: string;
  readonly site_id: string;
};

/** Where to look. `anybody`: another account of the same owner may have created it. */
export type Place = { readonly project: string | undefined; readonly anybody: boolean };

/** What was read of issues that stand: the mark comes with the creation, so its absence stays. */
const read = new WeakMap<Jira, Map<string, Marker | undefined>>();

/**
 * The issues that the connection's own account has created in a project since then, the latest first, with what each
 * carries. On Data Center each property is a call of its own, so issues that belong to an idea already are left out.
 */
export async function recentIssues(
  search: Search,
  { project, anybody }: Place,
  since: number,
): Promise<readonly Marked[]> {
  const { jira, now } = search;
  const minutes = Math.ceil((now() - since + UNKNOWN_CLOCK_MS) / 60_000) + 1;
  const within = project === undefined ? "" : `project = ${quoted(project)} AND `;
  const mine = anybody ? "" : "creator = currentUser() AND ";
  const jql = `${within}${mine}created >= "-${minutes}m" ORDER BY created DESC`;
  const found: Marked[] = [];
  const cloud = jira.flavor === "cloud";
  let place: Json = cloud ? {} : { startAt: 0 };
  while (found.length < MOST) {
    const json = {
      jql,
      fields: ["created", "summary", "description"],
      maxResults: PAGE,
      ...(cloud ? { properties: [PROPERTY] } : {}),
      ...place,
    };
    const path = jira.api(cloud ? "/search/jql" : "/search");
    const answer = await jira.request({ method: "POST", path, json, repeatable: true });
    const page = answer.json() as Json;
    const issues = Array.isArray(page.issues) ? (page.issues as Json[]) : [];
    const oldest = since - clockBehind(answer.headers.date, now());
    const young = issues.map(markedOf).filter(({ created }) => !(created < oldest));
    found.push(...young);
    if (young.length < issues.length || issues.length === 0) break;
    if (cloud) {
      if (typeof page.nextPageToken !== "string" || page.isLast === true) break;
      place = { nextPageToken: page.nextPageToken };
    } else {
      const next = Number(place.startAt) + issues.length;
      if (next >= Number(page.total)) break;
      place = { startAt: next };
    }
  }
  return cloud ? found : await withMarkers(search, found);
}

function quoted(project: string): string {
  return /^\d+$/.test(project) ? project : `"${project.replace(/["\\]/g, "\\$&")}"`;
}

/** How much earlier than by our clock an issue may be dated. */
function clockBehind(date: string | undefined, now: number): number {
  const theirs = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(theirs) ? UNKNOWN_CLOCK_MS : now - theirs + SLACK_MS;
}

function markedOf(issue: Json): Marked {
  const fields = (issue.fields ?? {}) as Json;
  const properties = (issue.properties ?? {}) as Json;
  const marker = readMarker(properties[PROPERTY]);
  const at = Date.parse(String(fields.created).replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
  return { id: String(issue.id), key: String(issue.key), created: at, fields, ...(marker ? { marker } : {}) };
}

async function withMarkers(
  { jira, store, owner, site_id }: Search,
  issues: readonly Marked[],
): Promise<Marked[]> {
  const known = read.get(jira) ?? new Map<string, Marker | undefined>();
  read.set(jira, known);
  const out: Marked[] = [];
  for (let at = 0; at < issues.length; at += PAGE) {
    const some = issues.slice(at, at + PAGE);
    const taken = await store.links.takenIssues(
      owner,
      site_id,
      some.map(({ id }) => id),
    );
    for (const issue of some.filter(({ id }) => !taken.has(id))) {
      if (!known.has(issue.id))
        known.set(issue.id, readMarker(await jira.issueProperties(issue.id).get(PROPERTY)));
      const marker = known.get(issue.id);
      out.push(marker ? { ...issue, marker } : issue);
    }
  }
  return out;
}

/**
 * Those that carry the idea of this link, the earliest first. A request takes no property with its creation: there it
 * is told by what it says, and only among those that carry nothing.
 */
export function ofLink(issues: readonly Marked[], row: LinkRow, says?: (fields: Json) => boolean): Marked[] {
  return issues
    .filter(({ marker, fields }) => (marker ? isOf(marker, row) : says?.(fields) === true))
    .sort((a, b) => Number(a.id) - Number(b.id));
}

/**
 * Of calls that come while a list is being read, the next reading serves all: it begins after each of them asked, so
 * it shows each what stood when it asked.
 */
export function createReadings<T>() {
  type Waiting = { since: number; readonly read: Promise<T> };
  const running = new Map<string, Promise<unknown>>();
  const next = new Map<string, Waiting>();
  return (key: string, since: number, read: (since: number) => Promise<T>): Promise<T> => {
    const waiting = next.get(key);
    if (waiting) {
      waiting.since = Math.min(waiting.since, since);
      return waiting.read;
    }
    const before = running.get(key) ?? Promise.resolve();
    const mine: Waiting = {
      since,
      read: before.then(async () => {
        next.delete(key);
        const reading = read(mine.since);
        const over = reading.then(
          () => {},
          () => {},
        );
        running.set(key, over);
        try {
          return await reading;
        } finally {
          if (running.get(key) === over) running.delete(key);
        }
      }),
    };
    next.set(key, mine);
    return mine.read;
  };
}
