/** Webhooks of an OAuth 2.0 app: they come, they are proved, and what they name is read anew. */
import { randomInt } from "node:crypto";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Connection } from "../../src/vault/index.ts";
import { type Client, cloudAs } from "../sandbox/rest-client.ts";
import { OWNER, openStage, type Stage } from "./stage.ts";

let stage: Stage;
let connection: Connection;
/** A person who works in Jira. */
let person: Client;
beforeAll(async () => {
  stage = await openStage();
  connection = await stage.connect();
  person = cloudAs(stage.hall.sandbox, "admin");
});
afterAll(() => stage.close());

const row = (link: string) => stage.hall.store.links.get(OWNER, link);
const follow = () => stage.following.of(OWNER, connection.id);
const apps = () => stage.hall.sandbox.control.webhooks().apps;
const waiting = async () => (await stage.hall.store.touched.totalsForOperator()).waiting;

/** Moves an issue on by one of the transitions it offers. */
async function move(key: string): Promise<void> {
  const { body } = await person.get(`/rest/api/3/issue/${key}/transitions`);
  const { id } = body.transitions[randomInt(body.transitions.length)];
  expect((await person.post(`/rest/api/3/issue/${key}/transitions`, { transition: { id } })).status).toBe(
    204,
  );
}
const statusOf = async (key: string) =>
  (await person.get(`/rest/api/3/issue/${key}?fields=status`)).body.fields.status.name as string;

type Claims = { iss?: string; iat?: number; exp?: number; jti?: string };
const moment = () => Math.floor(stage.hall.now() / 1000);
function token(claims: Claims = {}, secret = "sandbox-cloud-secret", alg = "HS256"): Promise<string> {
  const iat = moment();
  return new SignJWT({ iss: "sandbox-cloud-app", iat, exp: iat + 180, context: {}, ...claims })
    .setProtectedHeader({ alg, typ: "JWT" })
    .sign(new TextEncoder().encode(secret));
}
function send(
  body: unknown,
  { authorization, identifier, path = "/webhooks/jira/cloud" }: Record<string, string | undefined> = {},
): Promise<Response> {
  return fetch(stage.url + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(authorization === undefined ? {} : { authorization }),
      ...(identifier === undefined ? {} : { "x-atlassian-webhook-identifier": identifier }),
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

describe("a connection with links", () => {
  it("has a webhook registered at Jira for the projects of its issues, and pushes come back through it", async () => {
    const pushed = await stage.push.push(OWNER, connection.id, {
      id: "dark-mode",
      title: "Dark mode",
      project: "JJ",
      issueType: "Bug",
    });
    const { issue_key = "", id = "" } = pushed.link ?? {};
    await stage.work();
    expect(apps()).toMatchObject([
      { url: `${stage.url}/webhooks/jira/cloud`, jqlFilter: 'project in ("JJ")' },
    ]);
    expect(await follow()).toMatchObject({ mode: "app", expires_at: expect.any(Number) });
    await move(issue_key);
    await person.put(`/rest/api/3/issue/${issue_key}/assignee`, {
      accountId: connection.account?.account_id,
    });
    await stage.delivered();
    await stage.work();
    const now = { status: await statusOf(issue_key), assignee: connection.account?.account_id };
    expect(await row(id)).toMatchObject({ status: now.status, assignee_id: now.assignee });
    expect((await stage.told()).at(-1)).toMatchObject({ link: { id, idea_id: "dark-mode" }, now });
    expect(await follow()).toMatchObject({ heard_at: expect.any(Number) });
  });

  it("is told of an issue that was deleted, and of one that was moved", async () => {
    const [gone, moved] = [
      await stage.linked(connection, "to be deleted"),
      await stage.linked(connection, "to be moved"),
    ];
    await person.delete(`/rest/api/3/issue/${gone.key}`);
    // To the sandbox it was never elsewhere; the link remembers it in another project.
    const { kysely } = stage.hall.store;
    await kysely.updateTable("links").set({ issue_key: "OPS-7" }).where("id", "=", moved.link).execute();
    await person.put(`/rest/api/3/issue/${moved.key}`, { fields: { summary: "moved on" } });
    await stage.delivered();
    await stage.work();
    expect(await row(gone.link)).toMatchObject({ state: "deleted" });
    expect(await row(moved.link)).toMatchObject({ state: "moved", issue_key: moved.key });
    const states = (await stage.told()).map(({ link, now }) => ({
      ...(link as { id: string }),
      ...(now as object),
    }));
    expect(states).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ id: gone.link, state: "deleted" }),
        expect.objectContaining({ id: moved.link, state: "moved", issue_key: moved.key }),
      ]),
    );
  });
});

describe("ten thousand webhooks, in little", () => {
  it("out of order, doubled, late and among forged ones leave every status as Jira has it", async () => {
    const { control } = stage.hall.sandbox;
    control.switches({ webhook_order: "shuffled", webhook_double: "50" });
    const issues: { id: string; key: string; link: string }[] = [];
    for (let n = 0; n < 10; n++) issues.push(await stage.linked(connection, `idea ${n}`));
    const refused: number[] = [];
    const forge = async () => {
      const { id, key } = issues[randomInt(issues.length)]!;
      const body = { issue: { id, key, fields: { status: { name: "Forged" } } } };
      refused.push(
        (await send(body, { authorization: `Bearer ${await token({}, "another secret")}` })).status,
      );
    };
    for (let round = 0; round < 10; round++) {
      // For a while nothing gets through; Jira comes again later.
      if (round === 4) stage.ill.status = 503;
      if (round === 6) delete stage.ill.status;
      await Promise.all(issues.map(({ key }) => move(key)));
      await Promise.all([forge(), forge()]);
      await stage.delivered();
      if (round % 4 === 0) await stage.work();
    }
    stage.pass(300);
    const deliveries = await stage.delivered();
    expect(deliveries.filter(({ attempts }) => attempts.length > 1).length).toBeGreaterThan(20);
    expect(await waiting()).toBeLessThanOrEqual(issues.length + 2);
    await stage.work();
    for (const { key, link } of issues) expect((await row(link))?.status).toBe(await statusOf(key));
    expect(refused.filter((status) => status === 401).length).toBeGreaterThan(10);
    expect(stage.hall.lines.filter((line) => line.includes("webhook_refused"))).not.toEqual([]);
    control.switches({ webhook_order: null, webhook_double: null } as never);
  });
});

describe("who sends", () => {
  let issue: { id: string; key: string; link: string };
  beforeAll(async () => {
    issue = await stage.linked(connection, "watched");
    await stage.delivered();
    await stage.work();
  });
  const body = () => ({ webhookEvent: "jira:issue_updated", issue: { id: issue.id } });

  it.each<[string, () => Promise<string | undefined>]>([
    ["nobody", async () => undefined],
    ["a token of another secret", () => token({}, "guessed")],
    ["another algorithm, even with the right secret", () => token({}, "sandbox-cloud-secret", "HS512")],
    [
      "no algorithm",
      async () =>
        `${(await token())
          .split(".")
          .slice(0, 2)
          .join(".")
          .replace(/^[^.]+/, btoa('{"alg":"none"}').replace(/=+$/, ""))}.`,
    ],
    ["another app's", () => token({ iss: "other-app" })],
    ["a token that ran out", () => token({ iat: moment() - 500, exp: moment() - 300 })],
    ["a token made long ago to live long", () => token({ iat: moment() - 3600, exp: moment() + 3600 })],
    ["a token of the future", () => token({ iat: moment() + 600, exp: moment() + 900 })],
    [
      "one that never ends",
      () =>
        new SignJWT({ iss: "sandbox-cloud-app" })
          .setProtectedHeader({ alg: "HS256" })
          .setIssuedAt(moment())
          .sign(new TextEncoder().encode("sandbox-cloud-secret")),
    ],
    ["a jti out of all bounds", () => token({ jti: "x".repeat(500) })],
    ["a token longer than any", () => token({ jti: "x".repeat(9000) })],
  ])("%s is refused, and changes nothing", async (_who, make) => {
    const made = await make();
    const answer = await send(body(), made === undefined ? {} : { authorization: `Bearer ${made}` });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      401,
      "webhook_refused",
    ]);
    expect(await waiting()).toBe(0);
  });

  it("whoever asks for an unknown registration or an unknown secret sees what everyone refused sees", async () => {
    const known = await send(body(), { authorization: `Bearer ${await token({}, "guessed")}` });
    const shape = async (answer: Response) => {
      const { instance: _instance, ...rest } = (await answer.json()) as Record<string, unknown>;
      return [answer.status, [...answer.headers.keys()].sort(), rest];
    };
    const expected = await shape(known);
    for (const path of [
      "/webhooks/jira/unknown",
      "/webhooks/jira/cloud/unknown",
      `/webhooks/jira/${"x".repeat(500)}`,
    ]) {
      const authorization = `Bearer ${await token()}`;
      expect(await shape(await send(body(), { authorization, path })), path).toEqual(expected);
    }
  });

  it("the token is taken once, and the same webhook once, whatever token it comes with", async () => {
    const one = `Bearer ${await token({ jti: "only-once" })}`;
    expect((await send(body(), { authorization: one, identifier: "a-1" })).status).toBe(202);
    expect(await waiting()).toBe(1);
    await stage.work();
    // The same delivery again is no replay; another delivery with its token is.
    expect((await send(body(), { authorization: one, identifier: "a-1" })).status).toBe(202);
    expect((await send(body(), { authorization: one, identifier: "a-2" })).status).toBe(401);
    expect(
      (await send(body(), { authorization: `Bearer ${await token({ jti: "new" })}`, identifier: "a-1" }))
        .status,
    ).toBe(202);
    expect(await waiting()).toBe(0);
  });

  it("a body that is too long, no JSON, or about nothing that is linked does nothing", async () => {
    const as = async (jti: string) => ({ authorization: `Bearer ${await token({ jti })}` });
    for (const broken of ["{", "text"]) expect((await send(broken, await as(broken))).status).toBe(400);
    expect((await send(`"${"x".repeat(1024 * 1024)}"`, await as("b2"))).status).toBe(413);
    for (const [at, other] of [
      [],
      { issue: { id: "77777" } },
      { issue: { id: { $gt: "" } } },
      { issue: { key: "x" } },
    ].entries()) {
      expect((await send(other, await as(`b3-${at}`))).status).toBe(202);
    }
    expect((await fetch(`${stage.url}/webhooks/jira/cloud`)).status).toBe(405);
    expect(await waiting()).toBe(0);
  });

  it("what a webhook says of an issue is never kept", async () => {
    const read = async () => {
      expect((await send(body(), { authorization: `Bearer ${await token()}` })).status).toBe(202);
      await stage.work();
      const { seen_at: _seen, updated_at: _updated, fence: _fence, ...kept } = (await row(issue.link))!;
      return kept;
    };
    const before = await read();
    const lie = {
      ...body(),
      issue: { id: issue.id, key: "ZZ-1", fields: { status: { name: "Lie" }, summary: "Lie" } },
    };
    expect((await send(lie, { authorization: `Bearer ${await token()}` })).status).toBe(202);
    await stage.work();
    expect(await read()).toEqual(before);
    expect(before.status).toBe(await statusOf(issue.key));
  });
});
