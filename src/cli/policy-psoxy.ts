/** `latchkey policy psoxy`: what a rule file of Psoxy's form lets out and loses, and the policy that does not. */
import { stringify } from "yaml";
import { type PsoxyRuleFile, readPsoxyRuleText } from "../config/index.ts";
import { LatchkeyError } from "../errors.ts";
import { checkPsoxyRules, type LeakReport, reportPsoxyRules } from "../policy/psoxy/index.ts";
import type { Context } from "./context.ts";
import { table } from "./io.ts";
import { readText } from "./secret-input.ts";

/** Ends with 1 where the rules have mistakes, or where something leaves that may name people. */
export async function psoxy(context: Context, path: string): Promise<number> {
  const { voice, io, flags } = context;
  const file = fileOf(path);
  const mistakes = mistakesOf(file);
  if (mistakes.length > 0) {
    if (voice.wantsJson) voice.json({ rules: path, ok: false, mistakes });
    else
      for (const { where, path: place, what, fix } of mistakes)
        voice.data(`${where}: ${place} ${what}. ${fix}`);
    return 1;
  }
  const report = reportPsoxyRules(file.document);
  const left = report.leaks.length > 0 ? 1 : 0;
  if (flags.native === true) {
    voice.data(stringify(report.native, { aliasDuplicateObjects: false, lineWidth: 110 }).trimEnd());
    voice.say(`The same answers through this policy: ${counted(report.native_leaks.length, "leak")}.`);
    return 0;
  }
  if (voice.wantsJson) {
    voice.json({ rules: path, ok: left === 0, ...report });
    return left;
  }
  say(context, file, report);
  const rows = report.losses.map(({ operation, path: place, how }) => [`  ${operation}`, place, how]);
  if (flags.losses === true && rows.length > 0) voice.data(table(rows, io.stdout));
  voice.say(
    `${counted(report.leaks.length, "leak")}, ${counted(report.open.length, "open end")}, ` +
      `${counted(report.losses.length, "field")} lost that name nobody. ` +
      `The native policy: ${counted(report.native_leaks.length, "leak")}, ${report.native_losses} lost.`,
  );
  voice.say(`Next: latchkey policy psoxy ${path} --native   (print that policy)`);
  return left;
}

function say({ voice, io }: Context, file: PsoxyRuleFile, report: LeakReport): void {
  for (const operation of new Set(report.leaks.map((leak) => leak.operation))) {
    const leaks = report.leaks.filter((leak) => leak.operation === operation);
    voice.data(`${operation} lets out, by ${placeOf(file, leaks[0]!.endpoint)}`);
    voice.data(
      table(
        leaks.map(({ path, meaning }) => [`  ${path}`, meaning]),
        io.stdout,
      ),
    );
  }
  for (const { place, what } of report.open) voice.data(`${placeOf(file, place)}: ${what}`);
  for (const path of report.untried)
    voice.data(`${path}: is no single operation of a site, and was not tried`);
}

function placeOf(file: PsoxyRuleFile, place: string): string {
  const line = file.lineOf(place);
  return line === undefined ? place : `line ${line}, ${place}`;
}

function counted(count: number, word: string): string {
  if (count === 0) return `no ${word}s`;
  return count === 1 ? `1 ${word}` : `${count} ${word}s`;
}

function fileOf(path: string): PsoxyRuleFile {
  const problems: string[] = [];
  const file = readPsoxyRuleText(readText(path), path, problems);
  if (file) return file;
  throw new LatchkeyError("config_invalid", `The rules cannot be read:\n${problems.join("\n")}`, {
    details: { problems },
    fix: "Mend every line listed.",
  });
}

function mistakesOf(file: PsoxyRuleFile) {
  return checkPsoxyRules(file.document).map((mistake) => {
    const line = file.lineOf(mistake.path);
    return { where: line === undefined ? file.path : `${file.path}:${line}`, ...mistake };
  });
}
