/**
 * A site with many issues: the sandbox, and before it a server that keeps every answer it gave once, so that what is
 * measured is the client and not the sandbox. `{"issues": {"BIG": 100000}}` as the argument; prints where it listens.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startSandbox } from "../../src/sandbox/index.ts";
import { cloudIds } from "../../src/sandbox/world/places.ts";

type Json = Record<string, unknown>;
const { issues, seed } = JSON.parse(process.argv[2] ?? "{}") as {
  issues: Record<string, number>;
  seed: number;
};
const sandbox = await startSandbox({ seed, autoApprove: "alana@acme" });
const site = `${sandbox.cloudUrl}/ex/jira/${cloudIds.acme}`;
const token = await tokenOf();
const ask = async (path: string) =>
  (await (await fetch(`${site}${path}`, { headers: { authorization: `Bearer ${token}` } })).json()) as Json;

const found = await ask(
  "/rest/api/2/search/jql?jql=project%20%3D%20ROCK&fields=*all&expand=changelog&maxResults=100",
);
const models = found.issues as (Json & { fields: Json })[];
const DAY_MS = 86_400_000;
const BEGAN = Date.UTC(2021, 0, 1);
const time = (at: number) => new Date(at).toISOString().replace("Z", "+0000");

/** Issues as the sandbox's own generator makes them, over and over, under keys and ids of their own. */
function* made(key: string, many: number, first: number): Generator<Json> {
  for (let at = 0; at < many; at++) {
    const model = models[at % models.length]!;
    const created = BEGAN + Math.floor((at / many) * 1_500 * DAY_MS);
    yield {
      ...{ ...model, id: String(first + at), key: `${key}-${at + 1}` },
      fields: {
        ...model.fields,
        ...{ created: time(created), updated: time(created + 60_000 * (at % 60)), summary: `Issue ${at}` },
        project: { id: `8${first}`, key, name: key },
      },
    };
  }
}

let first = 1_000_000;
for (const [key, many] of Object.entries(issues)) {
  let batch: Json[] = [];
  const put = () => sandbox.control.world({ issues: batch }, { site: "acme" });
  for (const issue of made(key, many, first)) {
    batch.push(issue);
    if (batch.length < 2_000) continue;
    put();
    batch = [];
  }
  if (batch.length > 0) put();
  first += many + 1_000;
}

const kept = new Map<string, { status: number; type: string; body: Buffer }>();
let delay_ms = 0;
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  const url = request.url!;
  if (url.startsWith("/__bench/delay/")) {
    delay_ms = Number(url.split("/").at(-1));
    return void response.end("{}");
  }
  if (url === "/__bench/pages") {
    const pages = [...kept.keys()].filter((name) =>
      /^GET [^ ]*\/search\/jql\?.*\*all/.test(decodeURIComponent(name)),
    );
    return void response.end(JSON.stringify(pages.map((name) => name.split(" ")[1])));
  }
  const name = `${request.method} ${url} ${body}`;
  let answer = kept.get(name);
  if (answer === undefined) {
    const from = await fetch(`${sandbox.cloudUrl}${url}`, {
      method: request.method!,
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        accept: "application/json",
      },
      ...(body === "" ? {} : { body }),
    });
    const type = from.headers.get("content-type") ?? "application/json";
    answer = { status: from.status, type, body: Buffer.from(await from.arrayBuffer()) };
    kept.set(name, answer);
  }
  const send = () => {
    response.writeHead(answer.status, { "content-type": answer.type, "content-length": answer.body.length });
    response.end(answer.body);
  };
  if (delay_ms > 0) setTimeout(send, delay_ms);
  else send();
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;
console.log(
  JSON.stringify({
    base: `http://127.0.0.1:${port}/ex/jira/${cloudIds.acme}`,
    origin: `http://127.0.0.1:${port}`,
  }),
);

/** The dance without a browser: the sandbox approves by itself. */
async function tokenOf(): Promise<string> {
  const redirect_uri = "http://localhost:8085/callback";
  const client = { client_id: "sandbox-cloud-app", redirect_uri };
  const query = new URLSearchParams({
    ...{ audience: "api.atlassian.com", response_type: "code", prompt: "consent", state: "s", ...client },
    scope: "read:jira-work read:jira-user",
  });
  const asked = await fetch(`${sandbox.cloudUrl}/authorize?${query}`, { redirect: "manual" });
  const code = new URL(asked.headers.get("location")!).searchParams.get("code");
  const answer = await fetch(`${sandbox.cloudUrl}/oauth/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      grant_type: "authorization_code",
      client_secret: "sandbox-cloud-secret",
      code,
      ...client,
    }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}
