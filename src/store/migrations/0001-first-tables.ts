import { type CreateTableBuilder, type Kysely, sql } from "kysely";
import type { DialectName } from "../store.ts";

type Tool = {
  readonly db: Kysely<unknown>;
  readonly dialect: DialectName;
};

/** Integers are 64 bit on both: SQLite's `integer` is, PostgreSQL's is not. */
const integer = (tool: Tool) => (tool.dialect === "sqlite" ? "integer" : "bigint");

/** SQLite keeps to the declared types only when told so. */
function create<T extends string, C extends string>(
  tool: Tool,
  table: CreateTableBuilder<T, C>,
): Promise<void> {
  return (tool.dialect === "sqlite" ? table.modifyEnd(sql`strict`) : table).execute();
}

/** Sorted by the bytes on both, whatever language the PostgreSQL database was created for. */
const text = (tool: Tool) => (tool.dialect === "sqlite" ? ("text" as const) : sql`text collate "C"`);

type Column = "text" | "text?" | "integer" | "integer?";

/** A table whose first column is its text key. */
function table(tool: Tool, name: string, key: string, columns: Readonly<Record<string, Column>>) {
  let built = tool.db.schema
    .createTable(name)
    .addColumn(key, text(tool), (column) => column.primaryKey().notNull());
  for (const [column, type] of Object.entries(columns)) {
    const optional = type.endsWith("?");
    const base = type.startsWith("text") ? text(tool) : integer(tool);
    built = built.addColumn(column, base, (definition) => (optional ? definition : definition.notNull()));
  }
  return built;
}

async function registrations(tool: Tool): Promise<void> {
  await create(
    tool,
    table(tool, "registrations", "id", {
      owner: "text?",
      flavor: "text",
      title: "text",
      site_base_url: "text?",
      cloud_sites: "text?",
      client_id: "text",
      redirect_uri: "text",
      terminal_redirect_uri: "text?",
      scope: "text",
      auth_url: "text?",
      api_url: "text?",
      sealed_secret: "text?",
      public_key: "text?",
      allowance: "integer",
      state: "text",
      suspended: "text?",
      generation: "integer",
      created_at: "integer",
      updated_at: "integer",
    }),
  );
}

async function families(tool: Tool): Promise<void> {
  await create(
    tool,
    table(tool, "families", "id", {
      owner: "text",
      registration_id: "text",
      kind: "text",
      flavor: "text",
      account_id: "text?",
      account: "text?",
      scope_asked: "text",
      scope_granted: "text?",
      sealed_tokens: "text?",
      token_id: "text",
      generation: "integer",
      access_expires_at: "integer?",
      consented_at: "integer",
      last_rotated_at: "integer",
      idle_expires_at: "integer?",
      absolute_expires_at: "integer?",
      state: "text",
      dead: "text?",
      lease_owner: "text?",
      lease_until: "integer?",
      fence: "integer",
      intent: "text?",
      parked: "text?",
      failures: "integer",
      last_failure: "text?",
      cool_until: "integer?",
      created_at: "integer",
      updated_at: "integer",
    })
      .addUniqueConstraint("families_id_owner", ["id", "owner"])
      .addForeignKeyConstraint("families_registration", ["registration_id"], "registrations", ["id"]),
  );
}

async function connections(tool: Tool): Promise<void> {
  await create(
    tool,
    table(tool, "connections", "id", {
      owner: "text",
      family_id: "text",
      registration_id: "text",
      flavor: "text",
      site_id: "text",
      site_url: "text",
      site_name: "text",
      api_base_url: "text",
      site: "text",
      name: "text?",
      state: "text",
      created_at: "integer",
      updated_at: "integer",
      last_used_at: "integer?",
      last_status: "integer?",
    })
      // The database itself refuses a connection on another owner's family.
      .addForeignKeyConstraint("connections_family", ["family_id", "owner"], "families", ["id", "owner"])
      .addForeignKeyConstraint("connections_registration", ["registration_id"], "registrations", ["id"]),
  );
}

async function attempts(tool: Tool): Promise<void> {
  await create(
    tool,
    table(tool, "attempts", "id", {
      owner: "text",
      registration_id: "text",
      flavor: "text",
      step: "text",
      lookup_hash: "text",
      binding_hash: "text",
      sealed_secrets: "text?",
      scope: "text",
      site_hint: "text?",
      return_to: "text?",
      reconnect_id: "text?",
      family_id: "text?",
      connection_id: "text?",
      dance_id: "text?",
      error: "text?",
      created_at: "integer",
      expires_at: "integer",
      used_at: "integer?",
    })
      .addUniqueConstraint("attempts_lookup", ["registration_id", "lookup_hash"])
      .addForeignKeyConstraint("attempts_registration", ["registration_id"], "registrations", ["id"]),
  );
}

async function handlesAndUses(tool: Tool): Promise<void> {
  await create(
    tool,
    table(tool, "handles", "id", {
      owner: "text",
      name: "text",
      key_hash: "text",
      connection_ids: "text",
      limits: "text",
      created_at: "integer",
      expires_at: "integer?",
      revoked_at: "integer?",
      last_used_at: "integer?",
    }).addUniqueConstraint("handles_key_hash", ["key_hash"]),
  );
  const number = integer(tool);
  await create(
    tool,
    tool.db.schema
      .createTable("uses")
      .addColumn("id", number, (column) =>
        tool.dialect === "sqlite"
          ? column.primaryKey().autoIncrement()
          : column.primaryKey().generatedByDefaultAsIdentity(),
      )
      .addColumn("handle_id", text(tool), (column) => column.notNull())
      .addColumn("owner", text(tool), (column) => column.notNull())
      .addColumn("connection_id", text(tool), (column) => column.notNull())
      .addColumn("at", number, (column) => column.notNull())
      .addColumn("method", text(tool), (column) => column.notNull())
      .addColumn("path_template", text(tool), (column) => column.notNull())
      .addColumn("status", number, (column) => column.notNull())
      .addColumn("bytes_in", number, (column) => column.notNull())
      .addColumn("bytes_out", number, (column) => column.notNull())
      .addColumn("duration_ms", number, (column) => column.notNull()),
  );
}

async function dancesSessionsEvents(tool: Tool): Promise<void> {
  await create(
    tool,
    table(tool, "dances", "id", {
      owner: "text",
      registration_id: "text",
      attempt_id: "text?",
      connection_id: "text?",
      flavor: "text",
      site_url: "text?",
      started_at: "integer",
      ended_at: "integer?",
      outcome: "text",
      error_code: "text?",
      error: "text?",
      steps: "text",
    }),
  );
  await create(
    tool,
    table(tool, "sessions", "id_hash", {
      owner: "text",
      kind: "text",
      sealed_data: "text?",
      created_at: "integer",
      expires_at: "integer",
      last_seen_at: "integer",
    }),
  );
  await create(
    tool,
    table(tool, "events", "id", {
      owner: "text",
      connection_id: "text?",
      family_id: "text?",
      type: "text",
      at: "integer",
      data: "text",
    }),
  );
}

const INDEXES: readonly (readonly [string, readonly string[]])[] = [
  ["families", ["owner"]],
  ["families", ["registration_id", "account_id"]],
  ["connections", ["owner"]],
  ["connections", ["family_id"]],
  ["connections", ["registration_id", "site_id"]],
  ["attempts", ["expires_at"]],
  ["handles", ["owner"]],
  ["uses", ["owner", "id"]],
  ["uses", ["handle_id", "id"]],
  ["dances", ["owner", "started_at"]],
  ["sessions", ["expires_at"]],
  ["sessions", ["owner"]],
  ["events", ["owner", "at"]],
];

export async function up(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  const tool: Tool = { db, dialect };
  await registrations(tool);
  await families(tool);
  await connections(tool);
  await attempts(tool);
  await handlesAndUses(tool);
  await dancesSessionsEvents(tool);
  await create(tool, table(tool, "meta", "key", { value: "text" }));
  for (const [name, columns] of INDEXES) {
    await db.schema
      .createIndex(`${name}_by_${columns.join("_")}`)
      .on(name)
      .columns([...columns])
      .execute();
  }
}
