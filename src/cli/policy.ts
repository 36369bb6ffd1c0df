/** `latchkey policy check` and `report`: what is wrong with a policy, and everything it lets out. */
import { checkPolicy, compilePolicy, type Mistake, reportPolicy } from "../policy/index.ts";
import { checkPsoxyRules } from "../policy/psoxy/index.ts";
import type { Context } from "./context.ts";
import { table } from "./io.ts";
import { psoxy } from "./policy-psoxy.ts";
import { fieldsFor, placeOf, type Source, sayMistakes, sourceOf } from "./policy-source.ts";

/** Ends with 1 where a rule matches nothing, is shadowed, or is no rule. */
export async function check(context: Context, given: string): Promise<number> {
  const source = sourceOf(context, given);
  if (source.psoxy === true) return checkRules(context, source);
  const { voice } = context;
  const mistakes = await mistakesOf(context, source);
  if (mistakes.length === 0 && !voice.wantsJson) {
    const { endpoints } = source.file.document as { endpoints: readonly unknown[] };
    voice.say(`${source.file.name} is a policy of ${endpoints.length} endpoints; every rule does something.`);
    voice.say(`Next: latchkey policy report ${given}   (what it lets out)`);
  }
  return judged(context, source, mistakes);
}

/** Rules in Psoxy's form are held to that form; what they leak is another question. */
function checkRules(context: Context, source: Source): number {
  const mistakes = checkPsoxyRules(source.file.document);
  if (mistakes.length === 0 && !context.voice.wantsJson) {
    context.voice.say("These are rules in Psoxy's form, and all of them can be read.");
    context.voice.say(`Next: latchkey policy psoxy ${source.file.path}   (what they leak and lose)`);
  }
  return judged(context, source, mistakes);
}

function judged(context: Context, source: Source, mistakes: readonly Mistake[]): number {
  const ok = mistakes.length === 0;
  if (context.voice.wantsJson) {
    const listed = mistakes.map((mistake) => ({ ...placeOf(source, mistake.path), ...mistake }));
    context.voice.json({ policy: source.file.name, ok, mistakes: listed });
  } else if (!ok) sayMistakes(context, source, mistakes);
  return ok ? 0 : 1;
}

/** Every field that leaves, with its rule and the line of the rule. */
export async function report(context: Context, given: string): Promise<number> {
  const source = sourceOf(context, given);
  if (source.psoxy === true) return psoxy(context, given);
  const { voice, io } = context;
  const mistakes = await mistakesOf(context, source);
  if (mistakes.length > 0) {
    if (voice.wantsJson) voice.json({ policy: source.file.name, ok: false, mistakes });
    else sayMistakes(context, source, mistakes);
    return 1;
  }
  const lines = reportPolicy(await compiled(context, source)).map((line) => ({
    ...line,
    ...placeOf(source, line.rule),
  }));
  if (voice.wantsJson) {
    voice.json({ policy: source.file.name, fields: lines });
    return 0;
  }
  for (const operation of new Set(lines.map((line) => line.operation))) {
    const fields = lines.filter((line) => line.operation === operation);
    voice.data(operation);
    const rows = fields.map(({ path, meaning, treatment, line, rule }) => [
      `  ${path}`,
      treatment,
      meaning,
      line === undefined ? rule : `line ${line}`,
    ]);
    voice.data(table(rows, io.stdout));
  }
  const open = lines.filter((line) => line.names_people).length;
  voice.say(`${lines.length} fields leave; ${open === 0 ? "none" : open} of them may hold a name as it is.`);
  return 0;
}

async function mistakesOf(context: Context, source: Source) {
  const custom_fields = await fieldsFor(context);
  return checkPolicy(source.file.document, custom_fields === undefined ? {} : { custom_fields });
}

async function compiled(context: Context, source: Source) {
  const custom_fields = await fieldsFor(context);
  return compilePolicy(source.file.document, {
    tenant: "report",
    keys: [{ id: "report", bytes: context.io.random(32) }],
    ...(custom_fields === undefined ? {} : { custom_fields }),
  });
}
