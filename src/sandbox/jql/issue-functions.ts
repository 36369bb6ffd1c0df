/** Functions that stand for issues: linked, watched, voted for, looked at, changed by somebody. */
import type { Issue, Site } from "../world/model.ts";
import { parseJqlDate } from "./dates.ts";
import { maySeeProject } from "./field-kinds.ts";
import { type Field, issueOf } from "./fields.ts";
import type { FunctionCall, JqlFunction } from "./function-call.ts";
import { asRecord, commentAuthors, crowdOf, fieldOf, instantOfJira, personKeys } from "./values.ts";

const onIssue = (field: Field): boolean => field.kind === "key";

function all(call: FunctionCall): Issue[] {
  return Object.values(call.context.site.issues).filter((issue) =>
    maySeeProject(call.context, issue.projectId),
  );
}

function ids(issues: readonly Issue[]): string[] {
  return issues.map((issue) => issue.id);
}

/** What the links of an issue lead to; with descriptions (`blocks`, `is blocked by`, `Blocks`) only by those. */
function linked(call: FunctionCall): readonly string[] | undefined {
  const [key = "", ...wanted] = call.args;
  const issue = issueOf(key, call.context);
  if (issue === undefined) {
    call.problems.list.push(`Issue '${key}' could not be found in function 'linkedIssues'.`);
    return undefined;
  }
  const kinds = wanted.map((name) => name.toLowerCase());
  const unknown = wanted.find((_name, index) => !isLinkName(call.context.site, kinds[index] ?? ""));
  if (unknown !== undefined) {
    call.problems.list.push(`Issue link type '${unknown}' could not be found in function 'linkedIssues'.`);
    return undefined;
  }
  const links = fieldOf(issue, "issuelinks");
  return (Array.isArray(links) ? links : []).flatMap((one) => {
    const link = asRecord(one);
    const type = asRecord(link?.type);
    const outward = link?.outwardIssue !== undefined;
    const said = [type?.name, outward ? type?.outward : type?.inward].map((name) =>
      String(name).toLowerCase(),
    );
    const other = asRecord(outward ? link?.outwardIssue : link?.inwardIssue);
    if (other === undefined || (kinds.length > 0 && !said.some((name) => kinds.includes(name)))) return [];
    return [String(other.id ?? ""), String(other.key ?? "").toLowerCase()];
  });
}

function isLinkName(site: Site, name: string): boolean {
  return Object.values(site.linkTypes).some((type) =>
    [type.name, type.inward, type.outward].some((one) => String(one).toLowerCase() === name),
  );
}

function crowd(which: "watchers" | "voters"): JqlFunction {
  return {
    on: onIssue,
    most: 0,
    keys: (call) =>
      ids(
        all(call).filter((issue) =>
          crowdOf(issue, which).some((name) => call.context.me.includes(name.toLowerCase())),
        ),
      ),
  };
}

/** The issues the asking user looked at last. */
function viewed(call: FunctionCall): readonly string[] {
  const { site, me } = call.context;
  const mine = Object.entries(site.viewed ?? {}).find(([name]) => me.includes(name.toLowerCase()));
  return mine?.[1] ?? [];
}

/** Issues somebody made, changed or commented, within a time if one is given. */
function updatedBy(call: FunctionCall): readonly string[] | undefined {
  const [name = "", from, to] = call.args;
  const user = Object.values(call.context.world.users).find((one) =>
    personKeys(one).includes(name.toLowerCase()),
  );
  if (user === undefined) {
    call.problems.list.push(`The user '${name}' provided to function 'updatedBy' does not exist.`);
    return undefined;
  }
  const limits = [from, to].map((text) =>
    text === undefined ? undefined : parseJqlDate(text, call.context),
  );
  const wrong = [from, to].find((text, index) => text !== undefined && limits[index] === undefined);
  if (wrong !== undefined) {
    call.problems.list.push(`The date '${wrong}' provided to function 'updatedBy' is invalid.`);
    return undefined;
  }
  call.problems.timed = true;
  const [after = Number.NEGATIVE_INFINITY, before = Number.POSITIVE_INFINITY] = limits;
  const keys = personKeys(user);
  return ids(
    all(call).filter((issue) =>
      deeds(issue).some(({ by, at }) => at >= after && at <= before && by.some((key) => keys.includes(key))),
    ),
  );
}

function deeds(issue: Issue): { by: string[]; at: number }[] {
  const at = (value: unknown): number => instantOfJira(value) ?? issue.created_ms;
  return [
    { by: personKeys(fieldOf(issue, "creator") ?? fieldOf(issue, "reporter")), at: issue.created_ms },
    ...issue.changelog.map((one) => ({ by: personKeys(one.author), at: at(one.created) })),
    ...commentAuthors(issue).map(({ by, when }) => ({ by, at: at(when) })),
  ];
}

function remotelyLinked(call: FunctionCall): readonly string[] {
  return ids(
    all(call).filter((issue) =>
      issue.remoteLinks.some((link) => call.args.includes(String(link.globalId ?? "\u0000"))),
    ),
  );
}

const linkedIssues: JqlFunction = { on: onIssue, least: 1, keys: linked };

export const issueFunctions: Readonly<Record<string, JqlFunction>> = {
  linkedissues: linkedIssues,
  linkedissue: linkedIssues,
  watchedissues: crowd("watchers"),
  votedissues: crowd("voters"),
  issuehistory: { on: onIssue, most: 0, keys: viewed },
  updatedby: { on: onIssue, least: 1, most: 3, keys: updatedBy },
  issueswithremotelinksbyglobalid: { on: onIssue, least: 1, most: 100, keys: remotelyLinked },
};
