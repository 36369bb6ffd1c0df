/** Stands in for curl on a machine that has none: the few flags the pages use. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    silent: { type: "boolean", short: "s" },
    "show-error": { type: "boolean", short: "S" },
    fail: { type: "boolean", short: "f" },
    request: { type: "string", short: "X" },
    header: { type: "string", short: "H", multiple: true },
    data: { type: "string", short: "d" },
  },
});
const given = values.data;
const body = given?.startsWith("@") ? readFileSync(given.slice(1), "utf8") : given;
const headers = new Headers();
for (const line of values.header ?? []) {
  const colon = line.indexOf(":");
  headers.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
}
const answer = await fetch(positionals[0]!, {
  method: values.request ?? (body === undefined ? "GET" : "POST"),
  headers,
  ...(body === undefined ? {} : { body }),
  redirect: "manual",
});
const text = await answer.text();
if (values.fail && answer.status >= 400) {
  console.error(`curl: (22) The requested URL returned error: ${answer.status}`);
  process.exitCode = 22;
} else process.stdout.write(text);
