import type { Kysely } from "kysely";
import type { Tables, WebhookEndpointRow } from "./schema.ts";

export type EndpointChange = Partial<Omit<WebhookEndpointRow, "id" | "owner" | "created_at">>;

/** Addresses that are told of events. Without an owner: the operator's, told of every owner's. */
export function endpointRepository(db: Kysely<Tables>) {
  return {
    async insert(row: WebhookEndpointRow): Promise<void> {
      await db.insertInto("webhook_endpoints").values(row).execute();
    },
    get(owner: string, id: string): Promise<WebhookEndpointRow | undefined> {
      return db
        .selectFrom("webhook_endpoints")
        .selectAll()
        .where("id", "=", id)
        .where("owner", "=", owner)
        .executeTakeFirst();
    },
    findForOperator(id: string): Promise<WebhookEndpointRow | undefined> {
      return db.selectFrom("webhook_endpoints").selectAll().where("id", "=", id).executeTakeFirst();
    },
    /** Oldest first. */
    list(owner: string): Promise<WebhookEndpointRow[]> {
      return db
        .selectFrom("webhook_endpoints")
        .selectAll()
        .where("owner", "=", owner)
        .orderBy("created_at")
        .orderBy("id")
        .execute();
    },
    listForOperator(): Promise<WebhookEndpointRow[]> {
      return db.selectFrom("webhook_endpoints").selectAll().orderBy("created_at").orderBy("id").execute();
    },
    /** Those that want to hear of an event of this owner. */
    async hearing(owner: string, type: string): Promise<Pick<WebhookEndpointRow, "id">[]> {
      const rows = await db
        .selectFrom("webhook_endpoints")
        .select(["id", "types"])
        .where("state", "=", "active")
        .where((eb) => eb.or([eb("owner", "is", null), eb("owner", "=", owner)]))
        .orderBy("id")
        .execute();
      return rows.filter(({ types }) => {
        const wanted = JSON.parse(types) as string[];
        return wanted.length === 0 || wanted.includes(type);
      });
    },
    async updateForOperator(id: string, change: EndpointChange): Promise<boolean> {
      const result = await db
        .updateTable("webhook_endpoints")
        .set(change)
        .where("id", "=", id)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    /** Writes a new version of its secrets, unless somebody else did since. */
    async replaceSecretsForOperator(
      id: string,
      generation: number,
      change: Pick<WebhookEndpointRow, "sealed_secrets" | "updated_at">,
    ): Promise<boolean> {
      const result = await db
        .updateTable("webhook_endpoints")
        .set({ ...change, generation: generation + 1 })
        .where("id", "=", id)
        .where("generation", "=", generation)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    /** With what was on its way to it. */
    async removeForOperator(id: string): Promise<boolean> {
      await db.deleteFrom("outbox").where("endpoint_id", "=", id).execute();
      const result = await db.deleteFrom("webhook_endpoints").where("id", "=", id).executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
  };
}
