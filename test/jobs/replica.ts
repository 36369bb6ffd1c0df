/** A process of its own with the shared engine: it writes what it does, and hangs in pieces it is told to. */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Job } from "../../src/jobs/job.ts";
import { sharedEngine } from "../../src/jobs/shared-engine.ts";
import { createLog } from "../../src/log.ts";
import { openStore } from "../../src/store/index.ts";

const [url = "", file = "", name = "", hang = ""] = process.argv.slice(2);
const log = createLog({ write: (line) => process.stderr.write(`${line}\n`), level: "warn" });
const store = await openStore({ url, now: Date.now });
const job: Job = {
  name: "keep_alive",
  // The test wakes it; the crontab of an hour stays out of the way.
  every_s: 3600,
  concurrency: 4,
  lease_s: 60,
  shared: true,
  due: async () => Array.from({ length: 40 }, (_, n) => ({ owner: "alice", id: `piece-${n}` })),
  async run({ id }) {
    appendFileSync(file, `${name} began ${id}\n`);
    await sleep(hang === "hang" ? 600_000 : 20);
    appendFileSync(file, `${name} ended ${id}\n`);
  },
};
const engine = sharedEngine({ log, database_url: url }, [job], { beat_ms: 300, dead_after_ms: 2_000 });
await engine.start();
process.stdout.write("ready\n");
process.once("SIGTERM", () => {
  void engine
    .close()
    .then(() => store.close())
    .then(() => process.exit(0));
});
