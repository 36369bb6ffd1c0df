import { describe, expect, it, onTestFinished } from "vitest";
import { createLog } from "../../src/log.ts";
import { openStore, type Store } from "../../src/store/index.ts";
import { createTransport } from "../../src/transport.ts";
import { loadKeyring, newKeyText, openVault, type Vault } from "../../src/vault/index.ts";
import { connectionRow, familyRow, registrationRow } from "../store/rows.ts";
import { random } from "../vault/world.ts";

const DAY = 86_400_000;

/** What holds on every database when several replicas do the same thing at the same moment. */
export function onceContract(name: string, freshUrl: () => Promise<string>): void {
  describe(`several replicas on ${name}`, () => {
    const clock = { now: 1_800_000_000_000 };
    const replicas = async (count: number): Promise<{ vault: Vault; store: Store }[]> => {
      const url = await freshUrl();
      const keyring = await loadKeyring({ current: newKeyText(random) });
      const log = createLog({ write: () => {} });
      const made = [];
      for (let n = 0; n < count; n++) {
        const store = await openStore({ url, now: () => clock.now });
        const transport = createTransport({ allowances: () => [], log });
        const vault = await openVault({ store, keyring, transport, now: () => clock.now, random, log });
        onTestFinished(async () => {
          await transport.close();
          await vault.close();
          await store.close();
        });
        made.push({ vault, store });
      }
      return made;
    };

    it("warn of each threshold once between them", async () => {
      const all = await replicas(4);
      const { store } = all[0]!;
      const ends_at = clock.now + 61 * DAY;
      await store.registrations.insert(registrationRow());
      await store.families.insert(
        familyRow({
          consented_at: ends_at - 365 * DAY,
          last_rotated_at: clock.now,
          absolute_expires_at: ends_at,
          idle_expires_at: clock.now + 90 * DAY,
          warn_at: ends_at - 60 * DAY,
        }),
      );
      for (const id of ["con_1", "con_2"]) await store.connections.insert(connectionRow({ id, site_id: id }));
      const told: number[] = [];
      for (let day = 0; day < 62; day++) {
        const warnings = await Promise.all(all.map(({ vault }) => vault.families.warn("alice", "fam_1")));
        told.push(...warnings.flat().map(({ days }) => days));
        clock.now += DAY;
      }
      expect(told).toEqual([60, 30, 7]);
      const events = await store.events.list("alice", { type: "connection.expiring" });
      expect(events.map(({ data }) => JSON.parse(data))).toMatchObject([
        { days: 7, reason: "absolute", ends_at, connection_ids: ["con_1", "con_2"] },
        { days: 30 },
        { days: 60 },
      ]);
      expect((await store.families.get("alice", "fam_1"))?.warn_at).toBeNull();
    }, 30_000);

    it("make one connection of first dances that end at the same moment", async () => {
      const all = await replicas(4);
      const { store } = all[0]!;
      await store.registrations.insert(registrationRow());
      const families = all.map((_, n) => `fam_${n}`);
      for (const id of families) await store.families.insert(familyRow({ id }));
      const site = {
        ...{ id: "site-1", url: "https://acme.example", name: "acme" },
        ...{ api_base_url: "https://api.example/ex/jira/site-1", deployment: "cloud" as const },
      };
      const ended = await Promise.all(
        all.map(({ vault }, n) =>
          vault.connections.attach({ owner: "alice", family_id: families[n]!, site }),
        ),
      );
      expect(new Set(ended.map(({ connection }) => connection.id)).size).toBe(1);
      expect(ended.filter(({ reconnected }) => !reconnected)).toHaveLength(1);
      expect(await store.connections.list("alice")).toHaveLength(1);
      expect(await store.events.list("alice", { type: "connection.created" })).toHaveLength(1);
    });

    it("claim a job that is due once between them", async () => {
      const all = await replicas(4);
      const { now } = clock;
      await Promise.all(all.map(({ store }) => store.jobs.ensureForOperator("sweep", now)));
      const lease = { lease_owner: "me", lease_until: now + 1000, now, horizon: now + 1e6 };
      const claims = await Promise.all(all.map(({ store }) => store.jobs.claimForOperator("sweep", lease)));
      expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
    });

    it("keep so many of the newest records and no more", async () => {
      const [{ store }] = (await replicas(1)) as [{ vault: Vault; store: Store }];
      for (let n = 0; n < 30; n++) {
        const event = { id: `evt_${n}`, owner: "alice", connection_id: null, family_id: null };
        await store.events.append({ ...event, type: "connection.created", at: n, data: "{}" });
      }
      expect(await store.events.trimForOperator(40)).toBe(0);
      expect(await store.events.trimForOperator(10)).toBe(20);
      expect((await store.events.list("alice")).map(({ at }) => at)).toEqual([
        29, 28, 27, 26, 25, 24, 23, 22, 21, 20,
      ]);
    });
  });
}
