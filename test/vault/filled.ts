import { createUseLog } from "../../src/handles/index.ts";
import { createLog } from "../../src/log.ts";
import { Secret } from "../../src/secret.ts";
import type { Store } from "../../src/store/index.ts";
import {
  callRow,
  connectSessionRow,
  endpointRow,
  followRow,
  hookRow,
  linkRow,
  outboxRow,
} from "../store/rows.ts";
import { connected, HOUR, random, type World } from "./world.ts";

/** A row in every table that a bundle carries. */
export async function filled(world: World, connections = 3): Promise<string[]> {
  const { vault, store, clock } = world;
  const ids: string[] = [];
  for (let n = 0; n < connections; n++) ids.push((await connected(world)).id);
  await vault.attempts.begin({
    owner: "alice",
    registration_id: "cloud",
    flavor: "cloud",
    lookup: "state-1",
    binding: new Secret("binding-1"),
    secrets: { code_verifier: new Secret("verifier-1") },
    scope: [],
    expires_at: clock.now + HOUR,
  });
  const place = { table: "sessions", column: "sealed_data", row: "hash", owner: "alice", generation: 0 };
  await store.sessions.put({
    id_hash: "hash",
    owner: "alice",
    kind: "browser",
    sealed_data: vault.seal(place, '{"binding":"ß “quoted”\\n"}'),
    created_at: clock.now,
    expires_at: clock.now + HOUR,
    last_seen_at: clock.now,
  });
  const key = { table: "policy_keys", column: "sealed_key", row: "k1", owner: "", generation: 0 };
  const sealed_key = vault.seal(key, "a key of pseudonyms");
  await store.policyKeys.insert({ id: "k1", number: 1, sealed_key, created_at: clock.now });
  const endpoint = { id: "whe_1", owner: null, url: "https://app.example/hooks", types: "[]" };
  const hook = {
    table: "webhook_endpoints",
    column: "sealed_secrets",
    row: "whe_1",
    owner: "",
    generation: 1,
  };
  const sealed_secrets = vault.seal(hook, '{"current":"whsec_AAAA"}');
  await store.endpoints.insert(endpointRow({ ...endpoint, sealed_secrets, created_at: clock.now }));
  await store.outbox.append(outboxRow());
  const content = { table: "links", column: "sealed_content", row: "lnk_1", owner: "alice", generation: 1 };
  const sealed_content = vault.seal(content, '{"summary":"an idea"}');
  await store.links.insert(linkRow({ sealed_content, generation: 1 }));
  const path = { table: "hooks", column: "sealed_secret", row: "hok_1", owner: "", generation: 0 };
  await store.hooks.insert(hookRow({ sealed_secret: vault.seal(path, "what Jira signs with") }));
  await store.follows.insert(followRow());
  await store.connectSessions.insert(connectSessionRow());
  await others(store, ids[0]!, clock.now);
  // Two uses are from before the log was a chain.
  const log = createLog({ write: () => {} });
  const uses = createUseLog({ store, vault, log, now: () => clock.now, random });
  uses.refused({ method: "GET", status: 401, code: "unauthenticated" });
  await uses.close();
  return ids;
}

async function others(store: Store, connection_id: string, at: number): Promise<void> {
  const db = store.kysely;
  await db
    .insertInto("handles")
    .values({
      id: "hdl_1",
      owner: "alice",
      name: "a",
      key_hash: "k",
      connection_ids: "[]",
      limits: "{}",
      created_at: at,
      expires_at: null,
      revoked_at: null,
      last_used_at: null,
    })
    .execute();
  const use = { owner: "alice", connection_id, at, method: "GET", status: 200, bytes_in: 0, bytes_out: 1 };
  for (let n = 0; n < 2; n++) {
    await db
      .insertInto("uses")
      .values({ ...use, handle_id: "hdl_1", path_template: "/", duration_ms: n })
      .execute();
  }
  const dance = {
    owner: "alice",
    registration_id: "cloud",
    attempt_id: null,
    connection_id,
    flavor: "cloud",
  } as const;
  await db
    .insertInto("dances")
    .values({
      ...dance,
      id: "dnc_1",
      site_url: null,
      started_at: at,
      ended_at: null,
      outcome: "running",
      error_code: null,
      error: null,
      steps: "[]",
      sealed_evidence: null,
    })
    .execute();
  await store.calls.insert([callRow({ connection_id, started_at: at })]);
  await db
    .insertInto("events")
    .values({ id: "evt_1", owner: "alice", connection_id, family_id: null, type: "t", at, data: "{}" })
    .execute();
}
