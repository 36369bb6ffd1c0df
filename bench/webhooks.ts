/**
 * Ten thousand webhooks of the sandbox, out of order, doubled, late and among forged ones, over HTTP into a gateway with a
 * database on disk; then whether every link has the status that the issue has. Run with `node bench/webhooks.ts [COUNT]`.
 */
import { randomInt } from "node:crypto";
import { SignJWT } from "jose";
import { cloudAs } from "../test/sandbox/rest-client.ts";
import { OWNER, openStage } from "../test/webhooks/stage.ts";

const COUNT = Number(process.argv[2] ?? 10_000);
const ISSUES = 100;
const SECRET = new TextEncoder().encode("sandbox-cloud-secret");

const stage = await openStage();
const { hall } = stage;
const connection = await stage.connect();
const person = cloudAs(hall.sandbox, "admin");
const issues: Awaited<ReturnType<typeof stage.linked>>[] = [];
for (let n = 0; n < ISSUES; n++) issues.push(await stage.linked(connection, `idea ${n}`));
await stage.work();
hall.sandbox.control.switches({ webhook_order: "shuffled", webhook_double: "20" });

const statusOf = async (key: string): Promise<string> =>
  (await person.get(`/rest/api/3/issue/${key}?fields=status`)).body.fields.status.name;
const token = (secret: Uint8Array, jti: string) => {
  const iat = Math.floor(hall.now() / 1000);
  return new SignJWT({ iss: "sandbox-cloud-app", iat, exp: iat + 180, jti })
    .setProtectedHeader({ alg: "HS256" })
    .sign(secret);
};
const send = async (authorization: string, issue_id: string): Promise<number> => {
  const body = JSON.stringify({ issue: { id: issue_id, fields: { status: { name: "Forged" } } } });
  const headers = { authorization, "content-type": "application/json" };
  const answer = await fetch(`${stage.url}/webhooks/jira/cloud`, { method: "POST", headers, body });
  await answer.arrayBuffer();
  return answer.status;
};

let moved = 0;
let forged = 0;
let believed = 0;
let reads = 0;
const begun = performance.now();
for (let round = 0; moved < COUNT; round++) {
  // One round in ten finds nobody at home; Jira comes again.
  if (round % 10 === 5) stage.ill.status = 503;
  await Promise.all(
    issues.map(async ({ id, key }) => {
      const { body } = await person.get(`/rest/api/3/issue/${key}/transitions`);
      const transition = { id: body.transitions[randomInt(body.transitions.length)].id as string };
      await person.post(`/rest/api/3/issue/${key}/transitions`, { transition });
      moved++;
      if (randomInt(10) > 0) return;
      forged++;
      const guess = new TextEncoder().encode(`guess ${forged}`);
      if ((await send(`Bearer ${await token(guess, `f${forged}`)}`, id)) === 202) believed++;
    }),
  );
  await stage.delivered();
  if (stage.ill.status !== undefined) {
    delete stage.ill.status;
    stage.pass(300);
    await stage.delivered();
  }
  // What was told of often meanwhile is read once.
  if (round % 10 < 9 && moved < COUNT) continue;
  reads += (await hall.store.touched.totalsForOperator()).waiting;
  await stage.work();
}
const heard = (await hall.store.kysely.selectFrom("heard").select("id").execute()).length;
const seconds = (performance.now() - begun) / 1000;

let wrong = 0;
for (const { key, link } of issues)
  if ((await hall.store.links.get(OWNER, link))?.status !== (await statusOf(key))) wrong++;

const times: number[] = [];
for (let n = 0; n < 500; n++) {
  const authorization = `Bearer ${await token(SECRET, `timed-${n}`)}`;
  const before = performance.now();
  await send(authorization, issues[n % ISSUES]!.id);
  times.push(performance.now() - before);
}
times.sort((a, b) => a - b);
console.log(`changes in Jira            ${moved}`);
// Each leaves two names: its identifier and that of its token.
console.log(`webhooks taken             ${heard / 2}`);
console.log(`forged, believed           ${forged}, ${believed}`);
console.log(`issues read for them       ${reads}`);
console.log(`links that are wrong       ${wrong} of ${ISSUES}`);
console.log(`seconds, sandbox included  ${seconds.toFixed(1)}`);
console.log(`answered in, ms            median ${times[250]!.toFixed(1)}, p99 ${times[495]!.toFixed(1)}`);
await stage.close();
if (wrong > 0 || believed > 0) process.exitCode = 1;
