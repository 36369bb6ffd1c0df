/** `latchkey doctor`: what is wrong, why, and the next step. */
import type { Cause, Diagnosis, StepName, StepOutcome, Target } from "../doctor/index.ts";
import { readSeen, STEPS } from "../doctor/index.ts";
import { EXIT, exitCodeOf, LatchkeyError } from "../errors.ts";
import { FLAVORS, type Flavor } from "../protocol/index.ts";
import { type Context, LOCAL } from "./context.ts";
import { printable } from "./failure.ts";
import { readStdin } from "./io.ts";
import { readText } from "./secret-input.ts";
import { stoppedAt, traceLines } from "./trace.ts";

const MARKS: Readonly<Record<StepOutcome, string>> = { ok: "✓", found: "✗", unproven: "?", skipped: "·" };

const NAMES: Readonly<Record<StepName, string>> = {
  dns: "DNS",
  connection: "Connection",
  tls: "TLS",
  clock: "Clock",
  base_url: "Base URL, proxy",
  jira: "Jira",
  registration: "Registration",
  key_pair: "Key pair",
  callback: "Callback",
  scopes: "Scopes",
  family: "Tokens",
  site: "Site",
  permission: "Permission",
  rate_limits: "Rate limits",
  webhooks: "Webhooks",
};

/** Ends with 0 only when nothing is wrong, else with the code of the first cause. */
export async function doctor(context: Context, named?: string): Promise<number> {
  const diagnoses = await diagnosesOf(context, named);
  if (context.voice.wantsJson) {
    context.voice.json(diagnoses.length === 1 ? diagnoses[0] : { diagnoses });
  } else {
    for (const [index, one] of diagnoses.entries()) {
      if (index > 0) context.voice.data("");
      print(context, one);
    }
    if (context.flags.last === true) await drawLast(context);
  }
  const sick = diagnoses.find(({ cause }) => cause !== undefined)?.cause;
  return sick === undefined ? EXIT.done : exitCodeOf(new LatchkeyError(sick.code));
}

async function diagnosesOf(context: Context, named: string | undefined): Promise<readonly Diagnosis[]> {
  const { doctor: room } = await context.parts();
  const { last, explain } = context.flags;
  if (typeof explain === "string") {
    const said = explain === "-" ? await readStdin(context.io) : readText(explain);
    return [room.explain(readSeen(said, flavorOf(context)))];
  }
  if (last === true) {
    const found = await room.last(LOCAL, true);
    if (found) return [found];
    throw new LatchkeyError("not_found", "No dance and no call that failed is recorded.", {
      fix: "Name a site or a connection: latchkey doctor SITE",
    });
  }
  const targets = await targetsOf(context, named);
  const found: Diagnosis[] = [];
  for (const target of targets) found.push(await room.examine(target));
  return found;
}

/** Who said what to whom, up to where it stopped. */
async function drawLast(context: Context): Promise<void> {
  const { recorder } = await context.parts();
  const trouble = await recorder.latestTrouble(LOCAL);
  if (trouble === undefined) return;
  const { steps } = trouble;
  context.voice.data("");
  for (const line of traceLines({ steps, stopped_at: stoppedAt(steps) })) context.voice.data(printable(line));
}

function flavorOf(context: Context): Flavor | undefined {
  const asked = context.flags.flavor;
  if (asked === undefined) return undefined;
  if (typeof asked === "string" && Object.hasOwn(FLAVORS, asked)) return asked as Flavor;
  throw new LatchkeyError("usage", `--flavor must be one of ${Object.keys(FLAVORS).join(", ")}.`);
}

/** A connection or a registration by its name, else a site; without a name everything that there is. */
async function targetsOf(context: Context, named: string | undefined): Promise<readonly Target[]> {
  const { vault } = await context.parts();
  const connections = await vault.connections.list(LOCAL);
  const registrations = await vault.registrations.list(LOCAL);
  const ofConnection = (id: string): Target => ({ connection: { owner: LOCAL, id } });
  const ofRegistration = (id: string): Target => ({ registration: { owner: LOCAL, id } });
  if (named !== undefined) {
    const connection = connections.find((one) => one.id === named || one.name === named);
    if (connection) return [ofConnection(connection.id)];
    if (registrations.some(({ id }) => id === named)) return [ofRegistration(named)];
    return [{ site: named, owner: LOCAL, trust: "operator" }];
  }
  const used = new Set(connections.map(({ registration_id }) => registration_id));
  const rest = registrations.filter(({ id }) => !used.has(id));
  const all = [...connections.map(({ id }) => ofConnection(id)), ...rest.map(({ id }) => ofRegistration(id))];
  if (all.length > 0) return all;
  throw new LatchkeyError(
    "registration_unknown",
    "There is nothing to look at yet: no connection, no registration.",
    {
      fix: "Name a site: latchkey doctor SITE",
    },
  );
}

function print(context: Context, diagnosis: Diagnosis): void {
  const { voice } = context;
  const { bold, dim, green, red, yellow } = voice.color;
  const paint = { ok: green, found: red, unproven: yellow, skipped: dim };
  const { target, flavor, version, steps, cause, outcome } = diagnosis;
  const kind = flavor === undefined ? "" : ` (${FLAVORS[flavor].title}${version ? ` ${version}` : ""})`;
  voice.data(bold(printable(target)) + dim(kind));
  const width = Math.max(...STEPS.map((name) => NAMES[name].length));
  const told = steps.filter((step) => step.outcome !== "skipped" || cause === undefined);
  for (const { name, outcome: mark, says } of told) {
    voice.data(`  ${paint[mark](MARKS[mark])} ${NAMES[name].padEnd(width)}  ${printable(says)}`);
  }
  if (cause) printCause(context, cause);
  else if (outcome === "healthy") voice.data(green("Nothing is wrong."));
  else voice.data("Nothing is wrong as far as can be told; the lines marked ? could not be proven.");
}

function printCause(context: Context, cause: Cause): void {
  const { voice } = context;
  const { bold, dim, red } = voice.color;
  voice.data(`\n${red(bold(printable(cause.title)))} ${dim(`(${cause.code})`)}`);
  voice.data(printable(cause.says));
  if (cause.evidence.length > 0) voice.data(`\n${bold("Evidence")}`);
  for (const line of cause.evidence) voice.data(`  ${printable(line)}`);
  if (cause.base_strings) printBaseStrings(context, cause.base_strings);
  voice.data(`\n${bold("Next")}  ${printable(cause.next_step)}`);
}

/** Both texts, and below the place where they part a line with a mark. */
function printBaseStrings({ voice }: Context, strings: NonNullable<Cause["base_strings"]>): void {
  const { ours, theirs, differ_at } = strings;
  if (differ_at === undefined) {
    voice.data(`  both signed: ${printable(ours)}`);
    return;
  }
  voice.data(`  we signed:   ${printable(ours)}`);
  voice.data(`  Jira signed: ${printable(theirs)}`);
  const from = Math.max(0, differ_at - 40);
  const piece = (text: string) => printable(text.slice(from, differ_at + 40));
  voice.data(`  the first difference, at character ${differ_at + 1}:`);
  voice.data(`    ${piece(ours)}\n    ${piece(theirs)}\n    ${" ".repeat(differ_at - from)}^`);
}
