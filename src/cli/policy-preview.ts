/** `latchkey policy preview`: one answer as Jira gave it, beside what would leave of it. */
import colors from "picocolors";
import { LatchkeyError } from "../errors.ts";
import { documentFor } from "../handles/policy-document.ts";
import {
  type Admitted,
  type CompiledPolicy,
  checkPolicy,
  compilePolicy,
  type FieldDescription,
  type Flavor,
  operationOf,
  type PolicyDocument,
  type PreviewLine,
  previewLines,
  refusePath,
  refuseQuery,
} from "../policy/index.ts";
import { type Context, LOCAL, pickConnection } from "./context.ts";
import { printable } from "./failure.ts";
import { wantsColor } from "./io.ts";
import { fieldsFor, recorded, type Source, sayMistakes, sourceOf } from "./policy-source.ts";

type Preview = {
  readonly operation: string;
  /** What would be asked of Jira; absent for a recorded answer. */
  readonly asked?: string;
  readonly original: unknown;
  readonly outgoing: unknown;
};

/** Ends with 1 where the policy has mistakes, or does not let the call through. */
export async function preview(context: Context, given: string, path?: string): Promise<number> {
  const source = sourceOf(context, given);
  if (source.psoxy === true) {
    throw new LatchkeyError("usage", "Rules in Psoxy's form have no preview.", {
      fix: "latchkey policy psoxy lists what they leak and lose.",
    });
  }
  const recording = typeof context.flags.input === "string" ? context.flags.input : undefined;
  if ((recording === undefined) === (path === undefined)) {
    throw new LatchkeyError("usage", "Say what to preview: a path, or a recorded answer with --input.", {
      fix: "latchkey policy preview NAME /rest/api/3/issue/JJ-2, for example.",
    });
  }
  if (!source.named) {
    // Where a site is asked, a rule about a field that it lacks lets nothing out, as it will later.
    const custom_fields = recording === undefined ? undefined : await fieldsFor(context);
    const mistakes = checkPolicy(source.file.document, custom_fields === undefined ? {} : { custom_fields });
    if (mistakes.length > 0) {
      sayMistakes(context, source, mistakes);
      return 1;
    }
  }
  const shown =
    recording === undefined ? await called(context, source, path!) : await read(context, source, recording);
  if (context.voice.wantsJson) context.voice.json(shown);
  else say(context, shown);
  return 0;
}

/** A recorded answer: nobody is asked, and tokens are made with a key of this one run. */
async function read(context: Context, source: Source, recording: string): Promise<Preview> {
  const custom_fields = await fieldsFor(context);
  const policy = compilePolicy(source.file.document, {
    tenant: "preview",
    keys: [{ id: "preview", bytes: context.io.random(32) }],
    ...(custom_fields === undefined ? {} : { custom_fields }),
  });
  const { flavor } = source.file.document as { flavor: Flavor };
  const operation = operationNamed(flavor, context.flags.operation);
  const original = recorded(recording);
  context.voice.say("The tokens are of a key made for this one look; what the policy makes differs.");
  return { operation, original, outgoing: policy.answer(operation, 200, original) ?? null };
}

function operationNamed(flavor: Flavor, given: unknown): string {
  const [, method = "", path = ""] =
    /^([A-Z]+)[: ](\/.*)$/.exec(typeof given === "string" ? given : "") ?? [];
  const found = operationOf(flavor, method, path);
  if (found !== undefined) return found.name;
  throw new LatchkeyError("usage", "--operation names no operation of this kind of Jira.", {
    fix: "Write method and path with {} for what varies: --operation 'GET:/rest/api/3/issue/{}'.",
  });
}

/** A call of a connection, as the proxy would make it. */
async function called(context: Context, source: Source, target: string): Promise<Preview> {
  const named = typeof context.flags.connection === "string" ? context.flags.connection : undefined;
  const connection = await pickConnection(context, named);
  const { policies, jiraFor } = await context.parts();
  const jira = await jiraFor(LOCAL, connection.id);
  const at = target.indexOf("?");
  const path = refusePath(at < 0 ? target : target.slice(0, at));
  const query = at < 0 ? "" : target.slice(at + 1);
  refuseQuery(query);
  const asked = { method: "GET", path, query };
  let policy: CompiledPolicy;
  let admitted: Admitted;
  if (source.named) {
    const here = await policies.compiledFor(source.file.name, connection);
    policy = here;
    admitted = await here.ask(asked);
  } else {
    const custom_fields = (await jira.request({ path: jira.api("/field") })).json() as FieldDescription[];
    const keys = await policies.keys();
    const document = documentFor(source.file.document as PolicyDocument, custom_fields);
    policy = compilePolicy(document, { tenant: "preview", keys, custom_fields });
    admitted = policy.admit(asked);
  }
  const sent = `${admitted.path}${admitted.query === "" ? "" : `?${admitted.query}`}`;
  const original = (await jira.request({ method: "GET", path: sent })).json();
  const outgoing = policy.answer(admitted.operation, 200, original) ?? null;
  return { operation: admitted.operation, asked: `GET ${sent}`, original, outgoing };
}

function say(context: Context, { operation, asked, original, outgoing }: Preview): void {
  const { voice, io } = context;
  const lines = previewLines(original, outgoing);
  if (asked !== undefined) voice.say(`Asked of Jira: ${asked}`);
  voice.say(`Operation: ${operation}`);
  const color = colors.createColors(wantsColor(io.stdout, io.env));
  if (io.stdout.isTTY) {
    const width = Math.max(30, Math.floor(((io.stdout.columns ?? 120) - 3) / 2));
    voice.data(`${color.bold("As Jira answered".padEnd(width))} │ ${color.bold("As it leaves")}`);
    for (const line of lines) voice.data(beside(line, width, color));
  } else for (const line of lines) voice.data(below(line));
  const gone = lines.filter(({ change }) => change === "left-out").length;
  const changed = lines.filter(({ change }) => change === "changed").length;
  voice.say(`${lines.length} lines: ${gone} left out, ${changed} changed, the rest as they were.`);
}

/** The two sides in columns, marked by a sign as well as by colour. */
function beside(line: PreviewLine, width: number, color: ReturnType<typeof colors.createColors>): string {
  const indent = "  ".repeat(line.depth);
  const left = cut(line.original === "" ? "" : indent + line.original, width);
  const right = cut(line.outgoing === "" ? "" : indent + line.outgoing, width);
  if (line.change === "same") return color.dim(`${left.padEnd(width)} │ ${right}`);
  if (line.change === "left-out") return `${color.red(left.padEnd(width))} ✕`;
  return `${left.padEnd(width)} ${color.yellow(`~ ${right}`)}`;
}

/** As a difference of two files: `-` the original, `+` what leaves. */
function below({ depth, original, outgoing, change }: PreviewLine): string {
  const indent = "  ".repeat(depth);
  if (change === "same") return `  ${indent}${printable(original)}`;
  const sides = [
    original && `- ${indent}${printable(original)}`,
    outgoing && `+ ${indent}${printable(outgoing)}`,
  ];
  return sides.filter(Boolean).join("\n");
}

function cut(text: string, width: number): string {
  const plain = printable(text);
  return plain.length <= width ? plain : `${plain.slice(0, width - 1)}…`;
}
