/** A process of its own for the tests: opens the store given and adds to a counter in transactions. */
import { openStore } from "../../src/store/index.ts";

const [url = "", times = "0", go = "0"] = process.argv.slice(2);
while (Date.now() < Number(go)) {
  // All processes begin in the same millisecond.
}
const store = await openStore({ url, now: Date.now });
for (let n = 0; n < Number(times); n++) {
  await store.transaction(async (tx) => {
    const before = Number((await tx.meta.get("counter")) ?? "0");
    await tx.meta.set("counter", String(before + 1));
  });
}
await store.close();
