// A stand-in for curl on machines without it, for exactly what the shell examples ask of it.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    silent: { type: "boolean", short: "s" },
    "show-error": { type: "boolean", short: "S" },
    fail: { type: "boolean", short: "f" },
    location: { type: "boolean", short: "L" },
    output: { type: "string", short: "o" },
    "write-out": { type: "string", short: "w" },
    header: { type: "string", short: "H", multiple: true },
    data: { type: "string", short: "d" },
  },
});

const read = (text: string) => (text.startsWith("@") ? readFileSync(text.slice(1), "utf8").trim() : text);
const headers = (values.header ?? []).map((line) => {
  const [name = "", ...rest] = read(line).split(":");
  return [name, rest.join(":").trim()] as [string, string];
});
const response = await fetch(positionals[0] ?? "", {
  redirect: values.location ? "follow" : "manual",
  headers,
  ...(values.data === undefined ? {} : { method: "POST", body: read(values.data) }),
});
const body = await response.text();
if (values.fail && response.status >= 400) {
  process.stderr.write(`curl: (22) The requested URL returned error: ${response.status}\n`);
  process.exitCode = 22;
} else if (values.output) {
  writeFileSync(values.output, body);
} else {
  process.stdout.write(body);
}
if (values["write-out"] === "%{redirect_url}") process.stdout.write(response.headers.get("location") ?? "");
