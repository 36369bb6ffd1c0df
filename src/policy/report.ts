/** Every field that leaves, with the rule that let it through. */
import type { CompiledPolicy } from "./apply.ts";
import { KINDS, type Kind, PEOPLE, type Treatment } from "./kinds.ts";
import type { Plan } from "./plan.ts";
import type { EndpointRule } from "./rules.ts";

export type ReportLine = {
  /** `GET /rest/api/3/issue/{issueIdOrKey}` */
  readonly operation: string;
  /** `fields.status.name`; `…` where a thing holds things of its own sort. */
  readonly path: string;
  readonly kind: Kind;
  readonly meaning: string;
  readonly treatment: Treatment;
  /** `endpoints[0].answer[2]` */
  readonly rule: string;
  /** The rule as its author wrote it: `fields.summary, treat: digest`. */
  readonly written: string;
  /** Whether it leaves as it is although it says who somebody is, or is text in which people may be named. */
  readonly names_people: boolean;
};

const MAY_NAME: ReadonlySet<Kind> = new Set<Kind>([
  ...PEOPLE,
  "text",
  "rich",
  "jql",
  "title",
  "fileName",
  "group",
  "option",
  "label",
]);

/** One line for each field that can leave; a shape that holds itself is followed once. */
export function reportPolicy(policy: CompiledPolicy): ReportLine[] {
  return policy.endpoints.flatMap(({ operation, plan, at, rule: endpoint }) => {
    const lines: ReportLine[] = [];
    const visit = (node: Plan | undefined, path: readonly string[], above: readonly Plan[]) => {
      if (node === undefined) return;
      if (node.leaf !== undefined) {
        const { kind, treatment, rule } = node.leaf;
        lines.push({
          operation: operation.name,
          path: path.join("."),
          kind,
          meaning: KINDS[kind].meaning,
          treatment,
          rule: `endpoints[${at}].answer[${rule}]`,
          written: writtenOf(endpoint.answer[rule]!),
          names_people: treatment === "keep" && MAY_NAME.has(kind),
        });
        return;
      }
      if (above.includes(node)) return;
      for (const [name, member] of node.members ?? []) visit(member, [...path, name], [...above, node]);
      visit(node.rest?.plan, [...path, "*"], [...above, node]);
    };
    visit(plan, [], []);
    return lines;
  });
}

function writtenOf(rule: EndpointRule["answer"][number]): string {
  if (typeof rule === "string") return rule;
  return rule.treat === undefined ? rule.path : `${rule.path}, treat: ${rule.treat}`;
}
