import { onTestFinished } from "vitest";
import { createLog } from "../../src/log.ts";
import { openStore, type Store } from "../../src/store/index.ts";
import { createTransport } from "../../src/transport.ts";
import { type Keyring, openVault, type Vault } from "../../src/vault/index.ts";
import { random, type World } from "./world.ts";

/** A vault of this world over another database, or with another keyring. */
export async function openAt(
  world: World,
  url: string,
  keyring: Keyring = world.keyring,
): Promise<{ vault: Vault; store: Store }> {
  const { clock, endpoint } = world;
  const now = () => clock.now;
  const log = createLog({ write: (line) => world.lines.push(line), level: "debug" });
  const store = await openStore({ url, now });
  const transport = createTransport({ allowances: () => [{ origin: endpoint.url, base_path: "/" }], log });
  onTestFinished(async () => {
    await transport.close();
    await store.close();
  });
  const vault = await openVault({ store, keyring, transport, now, random, log });
  return { vault, store };
}
