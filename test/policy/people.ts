/** Planted people, and bodies that hold them in every place an operation answers. */
import { shape } from "../../src/policy/fields.ts";
import type { CompileOptions, Node } from "../../src/policy/index.ts";

export const ACCOUNT_ID = "5b10ac8d82e05b22cc7d4ef5";
export const LONG_ACCOUNT_ID = "712020:0b6f2a64-9d2e-4a6c-8f61-3c4b1d2e5f60";
export const KEYS: CompileOptions = {
  tenant: "acme",
  keys: [{ id: "k1", bytes: new Uint8Array(32).fill(7) }],
};

/** Texts with the form of a person, wherever they stand. */
export const FORMS: readonly string[] = [
  ACCOUNT_ID,
  LONG_ACCOUNT_ID,
  "qm:0b6f2a64-9d2e-4a6c-8f61-3c4b1d2e5f60:0b6f2a64-9d2e-4a6c-8f61-3c4b1d2e5f60",
  "monalisa@example.com",
  "Mail monalisa@example.com or mailto:monalisa@example.com",
  "monalisa%40example.com",
  "JIRAUSER10100",
  "[~monalisa]",
  `Thanks [~accountid:${ACCOUNT_ID}]`,
  `https://acme.atlassian.net/rest/api/3/user?accountId=${ACCOUNT_ID}`,
  "https://jira.acme.example/jira/rest/api/2/user?username=monalisa",
  "https://jira.acme.example/secure/ViewProfile.jspa?name=monalisa",
  `https://acme.atlassian.net/jira/people/${ACCOUNT_ID}`,
  "https://jira.acme.example/secure/useravatar?ownerId=monalisa",
];
/** Names without any form: only the kind of their field tells. */
export const NAMES: readonly string[] = [
  "Monalisa Octocat",
  "monalisa",
  "octocat, monalisa",
  "https://acme.atlassian.net/browse/monalisa",
  "https://acme.atlassian.net/rest/api/3/role?name=monalisa",
  "https://gravatar.example/monalisa.png",
  '{"owner":"monalisa"}',
  "assignee = monalisa",
];

const TRACES = /monalisa|octocat|5b10ac8d82e05b22cc7d4ef5|0b6f2a64-9d2e|JIRAUSER/i;

/** What is left of somebody in a text; undefined if nothing is. */
export function traceOf(value: unknown): string | undefined {
  const text = JSON.stringify(value) ?? "";
  const at = text.search(TRACES);
  return at < 0 ? undefined : text.slice(Math.max(0, at - 120), at + 60);
}

/** A body of this shape with `plant()` in every place, and in members and names nobody knows. */
export function planted(node: Node | null, plant: () => unknown, depth = 0): unknown {
  if (node === null || depth > 5) return plant();
  if (Array.isArray(node)) return [planted(node[0], plant, depth), planted(node[0], plant, depth + 1)];
  if (typeof node === "string") {
    if (!node.startsWith("@")) return node === "rich" && depth % 2 === 0 ? plantedDocument(plant) : plant();
    return planted(shape(node.slice(1)) ?? null, plant, depth + 1);
  }
  const out: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(node)) {
    out[name === "*" ? String(plant()) : name] = planted(member, plant, depth + 1);
  }
  out.nobodyKnows = plant();
  out[String(plant())] = plant();
  return out;
}

/** Rich text with somebody in every attribute of every node and mark. */
export function plantedDocument(plant: () => unknown): unknown {
  const attrs = () =>
    Object.fromEntries(
      (
        "id text url href title alt shortName localId accessLevel userType timestamp color style panelType panelIcon " +
        "panelIconText layout width collection state data extensionKey parameters language level order background"
      )
        .split(" ")
        .map((name) => [name, plant()]),
    );
  const types = (
    "paragraph text mention emoji date status inlineCard blockCard embedCard expand nestedExpand panel media mediaInline " +
    "mediaSingle taskList taskItem decisionList decisionItem table tableRow tableCell codeBlock heading extension " +
    "inlineExtension bodiedExtension layoutSection layoutColumn caption unknownNode"
  ).split(" ");
  const marks = () =>
    ["link", "textColor", "annotation", "strong", "unknownMark"].map((type) => ({ type, attrs: attrs() }));
  const leaf = (type: string) => ({
    type,
    attrs: attrs(),
    marks: marks(),
    text: plant(),
    [String(plant())]: plant(),
  });
  return {
    type: "doc",
    version: 1,
    content: types.map((type) => ({ ...leaf(type), content: types.map(leaf) })),
  };
}
