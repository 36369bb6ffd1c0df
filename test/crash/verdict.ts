/** What a run has come to: counted from three sides, the sandbox, the workers and the store. */
import type { Dead } from "../../src/vault/index.ts";
import type { Crew } from "./crew.ts";
import { type House, OWNER } from "./house.ts";
import type { Line } from "./orders.ts";

export type Verdict = {
  readonly connections: number;
  /** Connections that renew and whose new token Jira accepts, when all is over. */
  readonly alive: number;
  /** Cause by cause. */
  readonly dead: Readonly<Record<string, number>>;
  /** A connection that is neither alive nor dead, or dead though no exchange of it was interrupted or unanswered. */
  readonly unexplained: readonly string[];
  readonly kills: number;
  /** Refreshes the sandbox was asked for, before the last check. */
  readonly exchanges: number;
  /** Of these, those it refused, and those whose answer it was told to lose. */
  readonly refused: number;
  readonly lost: number;
  /** Pairs that became the current one: each stands for one expired token. */
  readonly renewals: number;
  /** Exchanges of a process that was killed, which brought nothing, or stopped, which brought nothing in time. */
  readonly interrupted: number;
  /** Exchanges of a process that lived on, which brought nothing: refused, unanswered, cut. */
  readonly failed: number;
  /** Exchanges of a process that lived on, of whose end nothing is known. There are none. */
  readonly unended: number;
  /** Pairs that came when another holder had claimed or committed already. */
  readonly parked: number;
  /** Families that were given up, until a holder that had been taken for gone came back with their tokens. */
  readonly revived: number;
  /** Fences that were claimed twice. */
  readonly shared_fences: readonly string[];
  /** Exchanges that began while another holder, alive and running, had one under way. */
  readonly overlaps: readonly string[];
};

export async function judge(house: House, crew: Crew): Promise<Verdict> {
  const { asked, lost, refused } = house.exchanges();
  const lines = crew.lines();
  const broken = new Set(
    crew.workers.filter(({ killed, paused }) => killed || paused).map(({ name }) => name),
  );
  const families = (await house.store.families.listForOperator()).filter(({ owner }) => owner === OWNER);
  const renewals = families.reduce((sum, { generation }) => sum + generation - 1, 0);
  const counts = countSends(lines, broken);
  house.sandbox.control.clearFaults();
  const connections = await house.vault.connections.list(OWNER);
  const dead: Record<string, number> = {};
  const unexplained: string[] = [];
  let alive = 0;
  const reasons = brokenOff(lines);
  for (const { id, family_id } of connections) {
    const outcome = await tryOut(house, id);
    const cause = outcome.startsWith("dead ") ? outcome.slice(5) : undefined;
    if (outcome === "alive") alive++;
    if (cause) dead[cause] = (dead[cause] ?? 0) + 1;
    if (outcome !== "alive" && !(cause && reasons.has(family_id))) unexplained.push(`${id} ${outcome}`);
  }
  return {
    connections: connections.length,
    alive,
    dead,
    unexplained,
    kills: crew.workers.filter(({ killed }) => killed).length,
    exchanges: asked,
    refused,
    lost,
    renewals,
    ...counts,
    parked: lines.filter(({ step }) => step === "park").length,
    revived: crew.outputs().join("").split('"event":"family_revived"').length - 1,
    shared_fences: sharedFences(lines),
    overlaps: overlaps(lines, broken),
  };
}

/** Renews the connection and shows its new token to Jira. */
async function tryOut(house: House, connection_id: string): Promise<string> {
  let last = "";
  for (let tries = 0; tries < 5; tries++) {
    try {
      await house.vault.refresh(OWNER, connection_id);
      const credential = await house.vault.credentialFor(OWNER, connection_id);
      if (credential.kind !== "bearer") return "not a bearer";
      const answer = await fetch(house.probe_url, {
        headers: { authorization: `Bearer ${credential.token.reveal()}` },
      });
      await answer.arrayBuffer();
      if (answer.status === 200) return "alive";
      last = `refused with ${answer.status}`;
    } catch (error) {
      const { code, details } = error as { code: string; details?: { dead?: Dead } };
      if (code === "connection_dead") return `dead ${details?.dead?.cause}`;
      last = code ?? String(error);
    }
  }
  return last;
}

const key = ({ family_id, fence }: Line) => `${family_id} ${fence}`;

/** Families of which an exchange was sent and no pair came back. */
function brokenOff(lines: readonly Line[]): Set<string> {
  const brought = keysOf(lines, "commit", "park");
  const open = lines.filter((line) => line.step === "send" && !brought.has(key(line)));
  return new Set(open.map(({ family_id }) => family_id ?? ""));
}

function sharedFences(lines: readonly Line[]): string[] {
  const claimed = new Set<string>();
  return lines
    .filter(({ step }) => step === "claim")
    .flatMap((line) => {
      const claim = key(line);
      if (claimed.has(claim)) return [claim];
      claimed.add(claim);
      return [];
    });
}

/** Sends that brought no pair, by what became of their process. */
function countSends(lines: readonly Line[], broken: ReadonlySet<string>) {
  const brought = keysOf(lines, "commit", "park");
  const failed_ones = keysOf(lines, "fail");
  const counts = { interrupted: 0, failed: 0, unended: 0 };
  for (const line of lines) {
    if (line.step !== "send" || brought.has(key(line))) continue;
    if (broken.has(line.worker)) counts.interrupted++;
    else if (failed_ones.has(key(line))) counts.failed++;
    else counts.unended++;
  }
  return counts;
}

function keysOf(lines: readonly Line[], ...steps: Line["step"][]): Set<string> {
  return new Set(lines.filter(({ step }) => steps.includes(step)).map(key));
}

function overlaps(lines: readonly Line[], broken: ReadonlySet<string>): string[] {
  const found: string[] = [];
  const under_way = new Map<string, Line>();
  for (const line of lines) {
    const { family_id, step, fence, worker } = line;
    if (family_id === undefined) continue;
    const other = under_way.get(family_id);
    if (step === "send") {
      if (other && other.fence !== fence && !broken.has(other.worker)) {
        found.push(`${family_id}: ${other.worker} (fence ${other.fence}) and ${worker} (fence ${fence})`);
      }
      under_way.set(family_id, line);
    } else if (["answer", "fail"].includes(step) && other?.fence === fence) {
      under_way.delete(family_id);
    }
  }
  return found;
}
