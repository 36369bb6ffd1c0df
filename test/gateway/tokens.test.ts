import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox } from "../../src/sandbox/index.ts";
import { Secret } from "../../src/secret.ts";
import { createBrowser } from "../connect/browser.ts";
import { register } from "../connect/hall.ts";
import { openStage, type Stage } from "./proxy-stage.ts";

let stage: Stage;
let api: string;
beforeAll(async () => {
  stage = await openStage();
  await register(stage.hall, "cloud");
  const { key } = await stage.handles.create({
    owner: "local",
    name: "back end",
    connection_ids: [],
    limits: { api: "manage" },
  });
  api = key.reveal();
});
afterAll(() => stage.close());

async function post(body: unknown, key = api) {
  const response = await fetch(`${stage.skins.node}/api/v1/connections`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, never> };
}

const datacenter = () => ({ site: stage.hall.sandbox.dataCenterUrl, token: "sandbox-pat-alana" });
const cloud = (token = "sandbox-api-token-alana") => ({
  site: `${stage.hall.sandbox.cloudUrl}/sites/acme`,
  token,
  email: "alana@example.com",
});

async function serviceAccount(): Promise<string> {
  const { cloudUrl } = stage.hall.sandbox;
  await stage.hall.vault.registrations.add({
    id: "robot",
    flavor: "cloud",
    credential: "service-account",
    client_id: "sandbox-service-account",
    client_secret: new Secret("sandbox-service-secret"),
    redirect_uri: "",
    scope: [],
    auth_url: cloudUrl,
    api_url: cloudUrl,
    allowance: true,
  });
  return "robot";
}

describe("a connection made over the API", () => {
  it("of each kind is called through the proxy, by its own credential, as any other", async () => {
    const scopes = ["read:jira-work", "read:jira-user"];
    const scoped = stage.hall.sandbox.control.makeToken({ face: "cloud", user: "alana", scopes });
    const made = {
      pat: await post(datacenter()),
      classic: await post(cloud()),
      scoped: await post({ ...cloud(scoped.token), kind: "api-token" }),
      robot: await post({ kind: "service-account", registration_id: await serviceAccount() }),
    };
    expect(made.pat).toMatchObject({ status: 201, body: { kind: "personal-access-token" } });
    expect(made.classic).toMatchObject({ status: 201, body: { kind: "api-token" } });
    // The same account at the same site: the later token took the place of the earlier one.
    expect(made.scoped.body.id).toBe(made.classic.body.id);
    expect(made.robot).toMatchObject({ status: 201, body: { kind: "service-account" } });
    const all = await Promise.all(
      [made.pat, made.scoped, made.robot].map(({ body }) =>
        stage.hall.vault.connections.get("local", String(body.id)),
      ),
    );
    const key = await stage.key(all);
    for (const { id, site } of all) {
      const version = site.deployment === "cloud" ? "3" : "2";
      const answer = await fetch(`${stage.skins.node}/jira/${id}/rest/api/${version}/issue/JJ-2`, {
        headers: { authorization: `Bearer ${key}` },
      });
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ key: "JJ-2" });
      const asked = stage.hall.sandbox.control.requests().at(-1);
      expect(asked?.status).toBe(200);
    }
    expect(JSON.stringify(made)).not.toMatch(/sandbox-pat|sandbox-api-token|ATATT/);
  });

  it("says which field is wrong, and which kind of token the site takes, and repeats none", async () => {
    expect(await post({ token: "x" })).toMatchObject({ status: 400, body: { detail: /site/ } });
    expect(await post({ kind: "service-account" })).toMatchObject({ status: 400 });
    const wrong = await post({ ...datacenter(), token: `ATATT3xFfGF0${"a".repeat(40)}` });
    expect(wrong).toMatchObject({ status: 400, body: { code: "token_kind_wrong" } });
    const refused = await post({ ...datacenter(), token: "sandbox-pat-nobody" });
    expect(refused).toMatchObject({ status: 422, body: { code: "token_refused" } });
    expect(JSON.stringify([wrong, refused])).not.toMatch(/ATATT|nobody/);
  });

  it("never reaches a private address that no operator allowed", async () => {
    const private_one = await startSandbox();
    try {
      const answer = await post({ ...datacenter(), site: private_one.dataCenterUrl });
      expect(answer).toMatchObject({ status: 403, body: { code: "egress_refused" } });
    } finally {
      await private_one.stop();
    }
  });
});

describe("the page", () => {
  it("connects with a token, says what is wrong beside the form, and takes a new token for a dead connection", async () => {
    const browser = createBrowser();
    const { control, dataCenterUrl } = stage.hall.sandbox;
    const { token } = control.makeToken({ face: "datacenter", user: "maya" });
    const page = await browser.open(`${stage.skins.node}/connect/token`);
    expect(page.html).toContain('type="password"');
    const wrong = await browser.submit(page, { fields: { site: dataCenterUrl, token: "qwertz-4711" } });
    expect(wrong.status).toBe(422);
    expect(wrong.html).toContain("does not take this token");
    expect(wrong.html).not.toContain("qwertz-4711");
    const made = await browser.submit(wrong, {
      fields: { site: dataCenterUrl, token, expires: "2099-01-31" },
    });
    expect(made.html).toContain("Connected.");
    expect(made.html).toContain("Maya Example");
    expect(made.html).not.toContain(token);
    control.revokeToken(token);
    const id = /\/connections\/(con_\w+)/.exec(made.url)?.[1] ?? "";
    const dead = await browser.open(`${stage.skins.node}/connections/${id}`);
    expect(dead.html).toContain("Reconnect needed");
    const again = await browser.submit(dead, {
      form: dead.forms.findIndex((one) => one.action.endsWith("/reconnect")),
    });
    const other = await browser.submit(again, { fields: { token: "sandbox-pat-william" } });
    expect(other.status).toBe(409);
    const confirmed = await browser.submit(other, {
      fields: { token: "sandbox-pat-william", confirm_account: "yes" },
    });
    expect(confirmed.html).toContain("The new token is in use.");
    expect(confirmed.url).toContain(id);
  });
});
