/**
 * Latchkey as `latchkey serve` runs it, with the embedded database on disk: a connection whose token is in the vault, a
 * handle of policy `raw`, the log of use, and its own log written away.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compose, gatewayPartsOf } from "../../src/compose.ts";
import { loadConfig } from "../../src/config/index.ts";
import { createGateway, LISTENING } from "../../src/gateway/index.ts";
import { Secret } from "../../src/secret.ts";
import { listening, orders } from "./listening.ts";
import { CONSUMER, PRIVATE_KEY, TOKEN } from "./oauth1.ts";

const OWNER = "local";
const { upstream, authorization, signs } = orders();
const home = mkdtempSync(join(tmpdir(), "latchkey-bench-proxy-"));
const away = openSync("/dev/null", "w");
const parts = await compose(loadConfig({ env: { LATCHKEY_HOME: home }, flags: {} }), {
  write: (line) => void writeSync(away, line),
});
const { vault } = parts;
const common = { redirect_uri: "http://localhost:8080/callback/bench", allowance: true };
const site = { id: "bench", url: upstream, name: "bench", api_base_url: upstream };
await (signs
  ? vault.registrations.add({
      ...common,
      id: "bench",
      flavor: "datacenter-oauth1",
      client_id: CONSUMER,
      private_key: new Secret(PRIVATE_KEY),
      site_base_url: upstream,
      scope: [],
    })
  : vault.registrations.add({
      ...common,
      id: "bench",
      flavor: "cloud",
      client_id: "bench",
      client_secret: new Secret(randomBytes(16).toString("hex")),
      scope: ["read:jira-work"],
      auth_url: upstream,
      api_url: upstream,
    }));
const access_token = new Secret(authorization.replace("Bearer ", ""));
const family = await vault.families.create({
  owner: OWNER,
  registration_id: "bench",
  scope_asked: [],
  tokens: signs
    ? { oauth_token: new Secret(TOKEN), oauth_token_secret: new Secret("a-secret-of-the-bench") }
    : { access_token, token_type: "Bearer", scope: [], expires_at: Date.now() + 36_000_000 },
  account: { account_id: "bench", display_name: "Bench" },
  consented_at: Date.now(),
});
const connection = await vault.connections.create({
  owner: OWNER,
  family_id: family.id,
  site: { ...site, deployment: signs ? "datacenter" : "cloud" },
});
const { key } = await parts.handles.create({
  owner: OWNER,
  name: "bench",
  connection_ids: [connection.id],
  limits: { policy: "raw" },
});
const gateway = createGateway(gatewayPartsOf(parts));
process.on("disconnect", () => rmSync(home, { recursive: true, force: true }));
process.on("message", async (asked) => {
  if (asked === "prove") process.send?.(await parts.uses.flush().then(() => parts.uses.verify()));
});
await listening(createServer(LISTENING, gateway.listener), {
  path: `/jira/${connection.id}`,
  key: key.reveal(),
});
