import { createPrivateKey } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readPublicKey } from "../../src/sandbox/auth/oauth1/public-key.ts";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { authorizeUrl, dataCenterBrowser, redirect_uri } from "./auth-dc-client.ts";
import { header, keyPair, sign } from "./auth-signer.ts";

const keys = keyPair();
let sandbox: RunningSandbox;
let applinks: string;
beforeAll(async () => {
  sandbox = await startSandbox();
  applinks = `${sandbox.dataCenterUrl}/plugins/servlet/applinks`;
});
afterAll(() => sandbox.stop());

async function requestToken(oauth_consumer_key: string): Promise<string | null> {
  const url = `${sandbox.dataCenterUrl}/plugins/servlet/oauth/request-token`;
  const { now_ms } = sandbox.control.state().clock;
  const oauth = sign({
    method: "POST",
    url,
    privateKey: keys.privateKey,
    now_ms,
    oauth: { oauth_consumer_key, oauth_callback: "oob" },
  });
  const response = await fetch(url, { method: "POST", headers: { authorization: header(oauth) } });
  const answer = new URLSearchParams(await response.text());
  return answer.get("oauth_problem") ?? answer.get("oauth_callback_confirmed");
}

test("only administrators see the application links", async () => {
  const stranger = await dataCenterBrowser(sandbox, "alana");
  for (const path of [
    "listApplicationLinks",
    "consumer",
    "incoming",
    "incoming/credentials?client_id=sandbox-dc-app",
  ]) {
    const page = await stranger.get(`${applinks}/${path}`);
    expect(page.status).toBe(403);
    expect(page.body).not.toContain("sandbox-dc-secret");
  }
});

test("a consumer is added by hand, edited and removed", async () => {
  const admin = await dataCenterBrowser(sandbox, "admin");
  expect(await requestToken("hand-made")).toBe("consumer_key_unknown");
  const form = await admin.get(`${applinks}/consumer`);
  const fields = { consumer_key: "hand-made", consumer_name: "My <app>", public_key: keys.publicKey };
  expect((await admin.submit(form, fields)).status).toBe(303);
  expect(await requestToken("hand-made")).toBe("true");

  const list = await admin.get(`${applinks}/listApplicationLinks`);
  expect(list.body).toContain("My &lt;app&gt;");
  expect(list.body).not.toContain("My <app>");
  const edit = await admin.get(`${applinks}/consumer?key=hand-made`);
  await admin.submit(edit, { ...fields, public_key: keyPair().publicKey });
  expect(await requestToken("hand-made")).toBe("signature_invalid");

  const twice = await admin.submit(form, fields);
  expect(twice.status).toBe(400);
  expect(twice.body).toContain("exists already");
  await admin.post(`${applinks}/remove`, { ...list.forms().at(-1)?.fields, consumer_key: "hand-made" });
  expect(await requestToken("hand-made")).toBe("consumer_key_unknown");
});

test("a form of another session changes nothing", async () => {
  const admin = await dataCenterBrowser(sandbox, "admin");
  const page = await admin.post(`${applinks}/remove`, { atl_token: "guess", consumer_key: "OauthKey" });
  expect(page.status).toBe(403);
  expect(sandbox.control.state().registrations.consumers.map(({ key }) => key)).toContain("OauthKey");
});

describe("what is pasted as a public key is named for what it is", () => {
  const privateKey = createPrivateKey(keys.privateKey);
  const bare = (pem: string) => pem.replace(/-----[^-]+-----|\s/g, "");

  test.each([
    ["PKCS#8", keys.privateKey],
    ["PKCS#1", privateKey.export({ type: "pkcs1", format: "pem" }).toString()],
    ["bare base64", bare(keys.privateKey)],
  ])("a private key (%s) is refused by name and not written back", async (_, pasted) => {
    const admin = await dataCenterBrowser(sandbox, "admin");
    const form = await admin.get(`${applinks}/consumer`);
    const page = await admin.submit(form, { consumer_key: "k", consumer_name: "n", public_key: pasted });
    expect(page.status).toBe(400);
    expect(page.body).toContain("This is a private key");
    expect(page.body).not.toContain(bare(pasted).slice(0, 60));
    expect(() => sandbox.control.register({ consumers: [{ key: "k", public_key: pasted }] })).toThrow(
      /private key/,
    );
  });

  test("SPKI, line breaks lost or literal, and bare base64 are the same key", () => {
    const wanted = { pem: keys.publicKey };
    expect(readPublicKey(keys.publicKey)).toMatchObject(wanted);
    expect(readPublicKey(keys.publicKey.replaceAll("\n", " "))).toMatchObject(wanted);
    expect(readPublicKey(keys.publicKey.replaceAll("\n", "\\n"))).toMatchObject(wanted);
    expect(readPublicKey(bare(keys.publicKey))).toMatchObject(wanted);
  });

  test.each([
    ["", /missing/],
    ["ssh-rsa AAAA", /SSH/],
    [keys.publicKey.slice(0, 200), /cut off/],
    ["hello", /not a public key/],
  ])("%j is refused", (pasted, words) => {
    const read = readPublicKey(pasted);
    expect("refused" in read && read.refused).toMatch(words);
  });
});

test("an incoming link gives client id and secret, and its permission is the most that can be asked for", async () => {
  const admin = await dataCenterBrowser(sandbox, "admin");
  const form = await admin.get(`${applinks}/incoming`);
  const wrong = await admin.submit(form, { name: "Mine", redirect_urls: "not a url", permission: "READ" });
  expect(wrong.status).toBe(400);
  const made = await admin.submit(form, {
    name: "Mine",
    redirect_urls: `${redirect_uri}\nhttps://app.example/cb`,
    permission: "READ",
  });
  const page = await admin.follow(made);
  const client_id = /id="client_id">(\w+)</.exec(page.body)?.[1];
  expect(/id="client_secret">(\w{64})</.exec(page.body)?.[1]).toBeTruthy();
  const above = await admin.get(authorizeUrl(sandbox, { client_id, scope: "WRITE" }));
  expect(above.answer.get("error")).toBe("invalid_scope");
  const consent = await admin.get(authorizeUrl(sandbox, { client_id, scope: "READ" }));
  expect(consent.body).toContain("Allow Mine to act for you?");
});
