/** A program that uses Latchkey as a library, on the home that the command line and the gateway use too. */
import { setTimeout as sleep } from "node:timers/promises";
import { createLatchkey, isLatchkeyError } from "../../src/index.ts";

const [connection_id = ""] = process.argv.slice(2);
let ending = false;
process.on("SIGTERM", () => {
  ending = true;
});
const latchkey = await createLatchkey();
const failures: string[] = [];
let calls = 0;
while (!ending) {
  try {
    await (await latchkey.jira(connection_id)).myself();
    calls++;
  } catch (thrown) {
    failures.push(isLatchkeyError(thrown) ? thrown.code : String(thrown));
  }
  await sleep(5);
}
await latchkey.close();
process.stdout.write(`${JSON.stringify({ calls, failures })}\n`);
