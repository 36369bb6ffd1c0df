import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { openStore } from "../../src/store/index.ts";
import { storeContract } from "./contract.ts";

let home: string;
let made = 0;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "latchkey-contract-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

storeContract("SQLite", () =>
  openStore({ url: `sqlite:${join(home, `${++made}.db`)}`, now: () => 1_800_000_000_000 }),
);
