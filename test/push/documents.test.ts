/** What a push sends is what Atlassian's documents say that Jira takes. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ground, idea, OWNER, openGround } from "./stage.ts";

type Schema = {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
};
type Operation = {
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
};
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

/** Where a value is not what the schema says, in words. */
function faults(document: Document, schema: Schema, value: unknown, at = "body"): string[] {
  if (schema.$ref)
    return faults(document, document.components.schemas[schema.$ref.split("/").at(-1)!]!, value, at);
  const below = (schema.allOf ?? []).flatMap((one) => faults(document, one, value, at));
  const kind = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
  const wanted = schema.type === "integer" ? "number" : schema.type;
  if (wanted !== undefined && wanted !== kind) return [...below, `${at} is ${kind}, not ${wanted}`];
  if (schema.enum && !schema.enum.includes(value)) return [...below, `${at} is none of the values`];
  if (Array.isArray(value)) {
    return [
      ...below,
      ...value.flatMap((one, n) => (schema.items ? faults(document, schema.items, one, `${at}[${n}]`) : [])),
    ];
  }
  if (kind !== "object") return below;
  const members = value as Readonly<Record<string, unknown>>;
  const { properties = {}, required = [], additionalProperties } = schema;
  const open = additionalProperties ?? Object.keys(properties).length === 0;
  return [
    ...below,
    ...required.filter((name) => members[name] === undefined).map((name) => `${at}.${name} is missing`),
    ...Object.entries(members).flatMap(([name, one]) => {
      if (one === undefined) return [];
      const known = properties[name];
      if (known) return faults(document, known, one, `${at}.${name}`);
      // Data Center's document calls any value of Java an object.
      if (typeof open === "object" && open.type === "object" && !open.properties) return [];
      if (typeof open === "object") return faults(document, open, one, `${at}.${name}`);
      return open || schema.allOf ? [] : [`${at}.${name} is not known`];
    }),
  ];
}

it("sees what is wrong with a body", () => {
  const schema: Schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
  const document: Document = { paths: {}, components: { schemas: {} } };
  expect(faults(document, schema, { a: "x" })).toEqual([]);
  expect(faults(document, schema, { b: 1 })).toEqual(["body.a is missing", "body.b is not known"]);
  expect(faults(document, schema, { a: 1 })).toEqual(["body.a is number, not string"]);
});

const specs = process.env.LATCHKEY_SPECS_DIR;
if (specs !== undefined && existsSync(specs)) {
  const read = (name: string) => JSON.parse(readFileSync(join(specs, name), "utf8")) as Document;
  const platform = {
    cloud: read("jira-cloud-platform-v3.openapi.json"),
    datacenter: read("jira-dc-10.3.openapi.json"),
  };
  const desk = read("jira-cloud-service-management.openapi.json");
  let ground: Ground;
  beforeAll(async () => {
    ground = await openGround();
  });
  afterAll(() => ground.close());

  describe.each(["cloud", "datacenter"] as const)("a push to %s", (face) => {
    it("sends bodies that the documents take", async () => {
      const { id } = ground.connections[face];
      const fields = {
        Priority: "Minor",
        Assignee: "william@example.com",
        "Story Points": 3,
        duedate: "2026-12-24",
      };
      const one = idea("documented", { fields });
      const jira = await ground.jira(ground.connections[face]);
      const [{ projectKey } = { projectKey: "" }] = await Array.fromAsync(jira.serviceDesks());
      const request = { service_desk: String(projectKey), request_type: "Get IT help" };
      const dry = { dry_run: true };
      const { labels: _labels, ...plain } = idea("asked");
      const asked = await ground.push.push(OWNER, id, { ...plain, request }, dry);
      const made = await ground.push.push(OWNER, id, one, dry);
      await ground.push.push(OWNER, id, one);
      const changed = await ground.push.push(
        OWNER,
        id,
        { ...one, title: "Other", description: "# New" },
        dry,
      );
      const calls = [made, changed, asked].flatMap((result) => result.calls ?? []);
      const seen = calls.map(({ method, path, json }) => {
        const template = path.replace(/\/issue\/[^/]+/, "/issue/{issueIdOrKey}");
        const document = path.startsWith("/rest/servicedeskapi") ? desk : platform[face];
        const found = document.paths[template] ?? document.paths[template.replace(/^\/rest/, "")];
        const schema = Object.values(found?.[method.toLowerCase()]?.requestBody?.content ?? {})[0]?.schema;
        expect(schema, `${method} ${template}`).toBeDefined();
        expect(faults(document, schema!, JSON.parse(JSON.stringify(json))), `${method} ${template}`).toEqual(
          [],
        );
        return `${method} ${template.replace(/\/[23]\//, "/N/")}`;
      });
      expect(new Set(seen)).toEqual(
        new Set([
          "POST /rest/api/N/issue",
          "POST /rest/api/N/issue/{issueIdOrKey}/remotelink",
          "PUT /rest/api/N/issue/{issueIdOrKey}",
          "POST /rest/servicedeskapi/request",
        ]),
      );
    });
  });
}
