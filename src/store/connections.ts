import type { CompiledQuery, Kysely } from "kysely";
import type { ConnectionRow, FamilyRow, RegistrationRow, Tables } from "./schema.ts";

export type ConnectionChange = Partial<Omit<ConnectionRow, "id" | "owner" | "created_at">>;

export type ConnectionFilter = {
  readonly registration_id?: string;
  readonly family_id?: string;
  readonly site_id?: string;
  readonly account_id?: string;
};

export type ConnectionCount = {
  readonly flavor: ConnectionRow["flavor"];
  readonly state: string;
  readonly count: number;
};

/** A connection, its family, and what of its registration decides whether it may be used. */
export type JoinedConnection = {
  readonly connection: ConnectionRow;
  readonly family: FamilyRow;
  readonly registration: Pick<RegistrationRow, "id" | "client_id" | "state" | "suspended" | "generation">;
};

const COLUMNS = [
  "id",
  "owner",
  "family_id",
  "registration_id",
  "flavor",
  "site_id",
  "site_url",
  "site_name",
  "api_base_url",
  "site",
  "name",
  "state",
  "created_at",
  "updated_at",
  "last_used_at",
  "last_status",
  "site_checked_at",
] as const satisfies readonly (keyof ConnectionRow)[];

type Joined = FamilyRow & {
  r_client_id: string;
  r_state: RegistrationRow["state"];
  r_suspended: string | null;
  r_generation: number;
};

/** The one query behind every read that needs to know whether a connection is alive. */
function join(db: Kysely<Tables>) {
  return db
    .selectFrom("connections")
    .innerJoin("families", (on) =>
      on.onRef("families.id", "=", "connections.family_id").onRef("families.owner", "=", "connections.owner"),
    )
    .innerJoin("registrations", "registrations.id", "connections.registration_id")
    .where("connections.state", "!=", "removed")
    .selectAll("families")
    .select(COLUMNS.map((column) => `connections.${column} as c_${column}` as const))
    .select([
      "registrations.client_id as r_client_id",
      "registrations.state as r_state",
      "registrations.suspended as r_suspended",
      "registrations.generation as r_generation",
    ]);
}

const PREFIXED = /^[cr]_/;

function split(row: Joined): JoinedConnection {
  const { r_client_id, r_state, r_suspended, r_generation } = row;
  const values = row as unknown as Record<string, unknown>;
  const connection: Record<string, unknown> = {};
  for (const column of COLUMNS) connection[column] = values[`c_${column}`];
  const family: Record<string, unknown> = {};
  for (const name in values) if (!PREFIXED.test(name)) family[name] = values[name];
  return {
    connection: connection as ConnectionRow,
    family: family as FamilyRow,
    registration: {
      id: String(connection.registration_id),
      client_id: r_client_id,
      state: r_state,
      suspended: r_suspended,
      generation: r_generation,
    },
  };
}

const ID = "\0id";
const OWNER = "\0owner";

/** The same text again with other values. */
function prepare(compiled: CompiledQuery<Joined>) {
  const at = compiled.parameters.map((value) => (value === ID ? 1 : value === OWNER ? 0 : value));
  return (owner: string, id: string): CompiledQuery<Joined> => ({
    ...compiled,
    parameters: at.map((value) => (value === 0 ? owner : value === 1 ? id : value)),
  });
}

/** Removed connections stay as rows so that their ids are never given again, and are absent to every read. */
export function connectionRepository(db: Kysely<Tables>) {
  const rows = async (owner: string | undefined, filter: ConnectionFilter = {}) => {
    let query = join(db);
    if (owner !== undefined) query = query.where("connections.owner", "=", owner);
    for (const column of ["registration_id", "family_id", "site_id"] as const) {
      const value = filter[column];
      if (value !== undefined) query = query.where(`connections.${column}`, "=", value);
    }
    if (filter.account_id !== undefined) query = query.where("families.account_id", "=", filter.account_id);
    const found = await query.orderBy("connections.created_at").orderBy("connections.id").execute();
    return found.map(split);
  };
  /** Every call through Latchkey makes this read; putting its text together takes longer than running it. */
  let prepared: ((owner: string, id: string) => CompiledQuery<Joined>) | undefined;
  const byId = (owner: string, id: string) => {
    prepared ??= prepare(
      join(db).where("connections.id", "=", ID).where("connections.owner", "=", OWNER).compile(),
    );
    return prepared(owner, id);
  };
  return {
    async insert(row: ConnectionRow): Promise<void> {
      await db.insertInto("connections").values(row).execute();
    },
    async get(owner: string, id: string): Promise<JoinedConnection | undefined> {
      const { rows: found } = await db.executeQuery(byId(owner, id));
      return found[0] && split(found[0]);
    },
    /** Oldest first. */
    list: (owner: string, filter?: ConnectionFilter): Promise<JoinedConnection[]> => rows(owner, filter),
    listForOperator: (filter?: ConnectionFilter): Promise<JoinedConnection[]> => rows(undefined, filter),
    /** How many there are of each flavor and state; a connection on a dead family counts as dead. */
    async countForOperator(): Promise<ConnectionCount[]> {
      const rows = await db
        .selectFrom("connections")
        .innerJoin("families", "families.id", "connections.family_id")
        .where("connections.state", "!=", "removed")
        .groupBy(["connections.flavor", "connections.state", "families.state"])
        .select(({ fn }) => [
          "connections.flavor as flavor",
          "connections.state as state",
          "families.state as family_state",
          fn.countAll<number | string>().as("count"),
        ])
        .execute();
      return rows.map(({ flavor, state, family_state, count }) => {
        const dead = family_state === "dead" && state !== "exported";
        return { flavor, state: dead ? "dead" : state, count: Number(count) };
      });
    },
    /** Connections in use whose site was not looked at since, longest ago first. */
    uncheckedForOperator(before: number, limit: number): Promise<Pick<ConnectionRow, "id" | "owner">[]> {
      return db
        .selectFrom("connections")
        .innerJoin("families", "families.id", "connections.family_id")
        .innerJoin("registrations", "registrations.id", "connections.registration_id")
        .select(["connections.id", "connections.owner"])
        .where("connections.state", "=", "active")
        .where("connections.site_checked_at", "<=", before)
        .where("families.state", "=", "active")
        .where("registrations.state", "=", "active")
        .orderBy("connections.site_checked_at")
        .limit(limit)
        .execute();
    },
    async update(owner: string, id: string, change: ConnectionChange): Promise<boolean> {
      const result = await db
        .updateTable("connections")
        .set(change)
        .where("id", "=", id)
        .where("owner", "=", owner)
        .where("state", "!=", "removed")
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    /** Notes the last use; the id alone names the row, since no answer depends on it. */
    async touchForOperator(id: string, at: number, status: number): Promise<void> {
      await db
        .updateTable("connections")
        .set({ last_used_at: at, last_status: status })
        .where("id", "=", id)
        .where("state", "!=", "removed")
        .execute();
    },
  };
}
