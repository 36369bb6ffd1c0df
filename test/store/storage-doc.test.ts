import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { openStore } from "../../src/store/index.ts";
import { temporaryDirectory } from "./temporary.ts";

type Example = Readonly<Record<string, unknown>>;

const text = readFileSync(new URL("../../docs/storage.md", import.meta.url), "utf8");
const examples = [...text.matchAll(/```json [^\n]+\n([^`]+)\n```/g)].map(
  (match) => JSON.parse(match[1]!) as Example,
);

/** Every state that a row of these tables can be in, as the schema has them. */
const STATES: Readonly<Record<string, readonly string[]>> = {
  registrations: ["draft", "active", "suspended"],
  families: ["active", "dead", "exported", "forgotten"],
  connections: ["pending", "active", "exported", "removed"],
  attempts: ["begun", "exchanging", "choosing", "done", "failed"],
  links: ["waiting", "ok", "differs", "deleted", "moved", "duplicate", "failed"],
};
const PREFIXES: Readonly<Record<string, string>> = {
  fam_: "families",
  con_: "connections",
  att_: "attempts",
  log_: "log_keys",
  lnk_: "links",
  cal_: "calls",
  exp_: "exports",
};

async function columnsByTable(): Promise<Map<string, Set<string>>> {
  const store = await openStore({ url: `sqlite:${join(temporaryDirectory(), "a.db")}`, now: Date.now });
  const { rows } = await sql<{ table: string; column: string }>`
    select m.name as "table", c.name as "column"
    from sqlite_master m join pragma_table_info(m.name) c
    where m.type = 'table' and m.name not in ('sqlite_sequence', 'latchkey_schema')`.execute(store.kysely);
  await store.close();
  const tables = new Map<string, Set<string>>();
  for (const { table, column } of rows) {
    tables.set(table, (tables.get(table) ?? new Set()).add(column));
  }
  return tables;
}

function tableOf(example: Example, tables: ReadonlyMap<string, ReadonlySet<string>>): string {
  const byId = PREFIXES[String(example.id).slice(0, 4)];
  const names = Object.keys(example);
  const fitting = [...tables].filter(([, columns]) => names.every((name) => columns.has(name)));
  expect(fitting.length, `a table with the columns ${names.join(", ")}`).toBeGreaterThan(0);
  // Rows of some tables are named by the connection or the link they are about.
  const named = fitting.find(([table]) => table === byId);
  const whole = fitting.find(([, columns]) => columns.size === names.length);
  return (named ?? whole ?? fitting[0]!)[0];
}

it("docs/storage.md shows a whole row of every table, and a row of every state", async () => {
  const tables = await columnsByTable();
  const whole = new Set<string>();
  const states = new Map<string, Set<string>>();
  for (const example of examples) {
    const table = tableOf(example, tables);
    if (Object.keys(example).length === tables.get(table)!.size) whole.add(table);
    const state = String(example.state ?? example.step ?? "");
    states.set(table, (states.get(table) ?? new Set()).add(state));
  }
  expect(whole).toEqual(new Set(tables.keys()));
  for (const [table, all] of Object.entries(STATES)) {
    expect([...(states.get(table) ?? [])].sort(), table).toEqual([...all].sort());
  }
});
