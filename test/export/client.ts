/** A client of a way that was found before, in this process or another one. */
import { randomBytes } from "node:crypto";
import { createJira, type Jira } from "../../src/jira/index.ts";
import { createLog } from "../../src/log.ts";
import type { Credential } from "../../src/protocol/credential.ts";
import { Secret } from "../../src/secret.ts";
import { createTransport } from "../../src/transport.ts";

type Way = { readonly flavor: "cloud" | "datacenter-oauth2"; readonly base: string; readonly token: string };

/** Its token can expire as often as it likes: there is always another one, of the same letters. */
export function clientOf({ flavor, base, token }: Way): { readonly jira: Jira; close(): Promise<void> } {
  const origin = new URL(base).origin;
  const log = createLog({ write: () => {}, level: "error" });
  const transport = createTransport({ allowances: () => [{ origin, base_path: "/" }], log });
  let renewed = 0;
  const credential = (): Credential => ({
    kind: "bearer",
    token: new Secret(token),
    token_id: `t${renewed}`,
  });
  const jira = createJira({
    flavor,
    api_base_url: base,
    site_url: "https://acme.example",
    credentials: {
      current: async () => credential(),
      rejected: async () => {
        renewed++;
        return credential();
      },
    },
    ...{ transport, now: Date.now, random: randomBytes, log, priority: "bulk", wait: async () => {} },
    budget: { called: () => {}, take: () => true },
  });
  return { jira, close: () => transport.close() };
}
