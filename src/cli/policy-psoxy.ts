/** Rule files in Psoxy's form: what is wrong with one, what it leaks or loses, and the policy that does not. */
import { stringify } from "yaml";
import { checkPsoxyRules, type LeakReport, reportPsoxyRules } from "../policy/psoxy/index.ts";
import type { Context } from "./context.ts";
import { table } from "./io.ts";
import { placeOf, type Source, sayMistakes } from "./policy-source.ts";

export function checkPsoxy(context: Context, source: Source): number {
  const mistakes = checkPsoxyRules(source.file.document);
  const { voice } = context;
  if (voice.wantsJson) {
    const listed = mistakes.map((mistake) => ({ ...placeOf(source, mistake.path), ...mistake }));
    voice.json({ rules: source.file.name, ok: mistakes.length === 0, mistakes: listed });
  } else if (mistakes.length > 0) sayMistakes(context, source, mistakes);
  else {
    voice.say(`${source.file.name} holds rules in Psoxy's form, all of which can be read.`);
    voice.say(`Next: latchkey policy report ${source.file.path}   (what they leak and lose)`);
  }
  return mistakes.length === 0 ? 0 : 1;
}

/** Says what leaves although it names somebody, what is lost although it names nobody, and the policy instead. */
export function reportPsoxy(context: Context, source: Source): number {
  if (checkPsoxyRules(source.file.document).length > 0) return checkPsoxy(context, source);
  const report = reportPsoxyRules(source.file.document);
  const { voice } = context;
  if (voice.wantsJson) {
    voice.json({ rules: source.file.name, ...report });
    return 0;
  }
  say(context, source, report);
  voice.data("\n# A policy of Latchkey's own for the same endpoints:\n");
  voice.data(stringify(report.native).trimEnd());
  voice.say(
    `${report.leaks.length} fields leak and ${report.losses.length} are lost; ` +
      `by the policy below, ${report.native_leaks.length} and ${report.native_losses}.`,
  );
  return 0;
}

function say({ voice, io }: Context, source: Source, report: LeakReport): void {
  const line = (endpoint: string) => {
    const { line: at } = placeOf(source, endpoint);
    return at === undefined ? endpoint : `line ${at}`;
  };
  const part = (title: string, rows: readonly (readonly string[])[]) => {
    if (rows.length === 0) return;
    voice.data(`${title}\n${table(rows, io.stdout)}\n`);
  };
  part(
    "Leaks: it leaves as Jira sent it",
    report.leaks.map((one) => [`  ${one.path}`, one.meaning, one.operation, line(one.endpoint)]),
  );
  part(
    "Losses: it names nobody, and does not leave as it is",
    report.losses.map((one) => [`  ${one.path}`, one.how, one.meaning, one.operation, line(one.endpoint)]),
  );
  part(
    "Open",
    report.open.map(({ place, what }) => [`  ${place}`, what]),
  );
  part(
    "Not tried, since Jira documents no such operation",
    report.untried.map((one) => [`  ${one}`]),
  );
}
