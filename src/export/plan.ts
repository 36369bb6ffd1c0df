import { existsSync, readFileSync } from "node:fs";
import { LatchkeyError } from "../errors.ts";
import type { ExportParts, ExportRequest, Manifest, Window } from "./model.ts";
import { type Places, writeWhole } from "./places.ts";
import { unmistakableMinute, updatedSince, withoutOrder } from "./question.ts";
import { readHead, type StateHead } from "./state.ts";
import { admittedQuestion } from "./treatment.ts";
import { planWindows } from "./windows.ts";

/** What an export is about to do; written down before it begins, and kept to until it ends. */
export type Plan = {
  readonly latchkey_export_plan: 1;
  readonly run: number;
  readonly site: string;
  readonly jql: string;
  /** The question that is put to Jira: with `updated`, where only changes are asked for. */
  readonly asked: string;
  readonly format: string;
  readonly policy: string | null;
  readonly without: readonly string[];
  readonly attachments: boolean;
  readonly zone: string;
  readonly started_at: string;
  readonly since?: { readonly minute: string; readonly at: number };
  /** Milliseconds since the epoch on Jira's clock: what was updated before is in this export or an earlier one. */
  readonly complete_until: number;
  readonly expected: number;
  readonly windows: readonly Window[];
};

/** Cloud's index lags behind what was written; what is found late is found by the next run. */
const LAG_MS = 5 * 60_000;

/** The plan of an export that has not ended, else a new one. @throws usage where the one that is there is another */
export async function makePlan(parts: ExportParts, request: ExportRequest, places: Places): Promise<Plan> {
  const path = `${places.partial}/plan.json`;
  const wanted = await wantedOf(parts, request, places);
  if (existsSync(path)) return sameAs(JSON.parse(readFileSync(path, "utf8")) as Plan, wanted);
  const { jira } = parts;
  const zone = await zoneOf(parts);
  const since = wanted.head && unmistakableMinute(zone, wanted.head.complete_until);
  const asked = since === undefined ? wanted.jql : updatedSince(wanted.jql, since.minute);
  const complete_until = (await lastUpdate(parts, wanted.jql)) - LAG_MS;
  const plan: Plan = {
    latchkey_export_plan: 1,
    run: wanted.run,
    ...{ site: parts.site_url, jql: wanted.jql, asked, zone },
    ...{ format: request.format, policy: parts.policy?.name ?? null },
    ...{ without: [...(request.without ?? [])].sort(), attachments: request.attachments ?? false },
    started_at: new Date(parts.now()).toISOString(),
    ...(since === undefined ? {} : { since }),
    complete_until: Math.max(complete_until, wanted.head?.complete_until ?? 0),
    ...(await planWindows(jira, asked, zone)),
  };
  writeWhole(path, JSON.stringify(plan));
  return plan;
}

type Wanted = {
  readonly jql: string;
  readonly run: number;
  readonly head?: StateHead;
  readonly parts: ExportParts;
  readonly request: ExportRequest;
};

async function wantedOf(parts: ExportParts, request: ExportRequest, places: Places): Promise<Wanted> {
  const cloud = parts.jira.flavor === "cloud";
  const jql = await admittedQuestion(cloud, parts.policy, withoutOrder(request.jql));
  const about = { jql, parts, request };
  if (request.since === undefined) return { ...about, run: 1 };
  const head = await readHead(places.state);
  if (head === undefined || !existsSync(places.manifest)) {
    throw new LatchkeyError("usage", "There is no last export into this file to go on from.", {
      fix: "Export without --since first.",
    });
  }
  const same =
    head.site === parts.site_url &&
    head.jql === jql &&
    head.format === request.format &&
    head.policy === (parts.policy?.name ?? null);
  if (!same)
    throw differs(
      "The last export into this file asked for something else.",
      "Ask for the same, or leave --since out.",
    );
  const { runs } = JSON.parse(readFileSync(places.manifest, "utf8")) as Manifest;
  return { ...about, run: (runs.at(-1)?.run ?? 0) + 1, head };
}

function sameAs(plan: Plan, { jql, parts, request }: Wanted): Plan {
  const asked = {
    ...{ jql, site: parts.site_url, format: request.format, policy: parts.policy?.name ?? null },
    ...{ without: [...(request.without ?? [])].sort(), attachments: request.attachments ?? false },
    since: request.since !== undefined,
  };
  const { without, attachments } = plan;
  const began = {
    ...{ jql: plan.jql, site: plan.site, format: plan.format, policy: plan.policy },
    ...{ without, attachments, since: plan.since !== undefined },
  };
  if (JSON.stringify(asked) === JSON.stringify(began)) return plan;
  throw differs(
    "An export into this file has begun and not ended, and it asked for something else.",
    "Ask for the same to end it, export into another file, or begin anew with --fresh.",
  );
}

const differs = (what: string, fix: string) => new LatchkeyError("usage", what, { fix });

/** Where the account says nothing of its clock, Jira uses its own; a day more is read then, and known versions are left out. */
async function zoneOf({ jira }: ExportParts): Promise<string> {
  const { time_zone } = await jira.myself();
  try {
    new Intl.DateTimeFormat("en", { timeZone: time_zone });
    return time_zone ?? "Etc/GMT+12";
  } catch {
    return "Etc/GMT+12";
  }
}

async function lastUpdate({ jira }: ExportParts, jql: string): Promise<number> {
  const { issues } = await jira.searchPage(`(${jql}) ORDER BY updated DESC`, {
    fields: ["updated"],
    page_size: 1,
  });
  const updated = Date.parse(String(issues[0]?.fields?.updated));
  return Number.isNaN(updated) ? 0 : updated;
}
