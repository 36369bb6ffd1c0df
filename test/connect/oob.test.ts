import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decide, type Hall, newBinding, OWNER, openHall, personsBrowser, register } from "./hall.ts";
import { codeOf, refusalOf } from "./refusals.ts";

let hall: Hall;
let registration_id: string;

beforeAll(async () => {
  hall = await openHall();
  registration_id = await register(hall, "datacenter-oauth1");
});
afterAll(() => hall.close());

async function walk(press: "approve" | "deny" = "approve") {
  const binding = newBinding();
  const begun = await hall.connect.begin({ owner: OWNER, registration_id, binding, redirect_uri: "oob" });
  const page = await decide(personsBrowser(), begun.authorize_url, { press });
  return { begun, binding, page };
}

/** The code as a person reads it off the page. */
function verifierOn(text: string): string {
  const match = /verification code is '([^']+)'/.exec(text);
  if (match === null) throw new Error(`There is no verification code: ${text}`);
  return match[1]!;
}

describe("the classic walk, out of band", () => {
  it("gives the request token, takes the code Jira shows, and ends with a connection", async () => {
    const { begun, page } = await walk();
    expect(begun.oauth_token?.reveal()).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(begun.oauth_token_secret?.reveal()).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(begun.authorize_url).toBe(
      `${hall.sandbox.dataCenterUrl}/plugins/servlet/oauth/authorize?oauth_token=${begun.oauth_token?.reveal()}`,
    );
    const oauth_verifier = verifierOn(page.text);
    const done = await hall.connect.completeByVerifier({ owner: OWNER, registration_id, oauth_verifier });
    if (done.kind !== "connected") throw new Error(done.kind);
    const revealed = await hall.vault.reveal(OWNER, done.connection.id);
    expect(revealed.kind).toBe("oauth1");
    const again = { owner: OWNER, registration_id, oauth_verifier };
    expect(await codeOf(hall.connect.completeByVerifier(again))).toBe("attempt_used");
  });

  it("takes a mistyped code for what it is", async () => {
    const { begun, binding, page } = await walk();
    const input = { owner: OWNER, attempt_id: begun.attempt_id, binding };
    const blank = hall.connect.completeByVerifier({ ...input, oauth_verifier: "   " });
    expect(await codeOf(blank)).toBe("callback_malformed");
    const wrong = hall.connect.completeByVerifier({ ...input, oauth_verifier: "WRONG1" });
    const refusal = await refusalOf(wrong);
    expect(refusal.code).toBe("token_rejected");
    expect(refusal.message).toContain("verification code");
    // Jira keeps its request token, so the right code still counts.
    const right = hall.connect.completeByVerifier({ ...input, oauth_verifier: verifierOn(page.text) });
    expect((await right).kind).toBe("connected");
  });

  it("says where nobody has approved yet", async () => {
    const binding = newBinding();
    const begun = await hall.connect.begin({ owner: OWNER, registration_id, binding, redirect_uri: "oob" });
    const input = { owner: OWNER, attempt_id: begun.attempt_id, binding, oauth_verifier: "ABCDEF" };
    expect(await codeOf(hall.connect.completeByVerifier(input))).toBe("permission_unknown");
    const page = await decide(personsBrowser(), begun.authorize_url, { press: "approve" });
    const typed = hall.connect.completeByVerifier({ ...input, oauth_verifier: verifierOn(page.text) });
    expect((await typed).kind).toBe("connected");
  });

  it("is not ended by a callback, nor by another browser or owner", async () => {
    const { begun, binding, page } = await walk();
    const oauth_verifier = verifierOn(page.text);
    const params = new URLSearchParams({ oauth_token: begun.oauth_token!.reveal(), oauth_verifier });
    const callback = hall.connect.complete({ registration_id, params, binding });
    expect(await codeOf(callback)).toBe("callback_not_waited_for");
    const input = { owner: OWNER, attempt_id: begun.attempt_id, oauth_verifier, binding };
    const elsewhere = hall.connect.completeByVerifier({ ...input, binding: newBinding() });
    expect(await codeOf(elsewhere)).toBe("browser_mismatch");
    expect(await codeOf(hall.connect.completeByVerifier({ ...input, owner: "thief" }))).toBe("not_found");
    expect((await hall.connect.completeByVerifier(input)).kind).toBe("connected");
  });

  it("has nothing to complete where no request token waits", async () => {
    const input = { owner: "nobody", registration_id, oauth_verifier: "ABCDEF" };
    const refusal = await refusalOf(hall.connect.completeByVerifier(input));
    expect(refusal.code).toBe("not_found");
    expect(refusal.fix).toContain("request token");
  });
});

describe("an address that is pasted", () => {
  it("whole, completes an OAuth 2.0 dance; a bare code does not", async () => {
    const id = await register(hall, "datacenter-oauth2");
    const binding = newBinding();
    const begun = await hall.connect.begin({ owner: OWNER, registration_id: id, binding });
    const { url } = await decide(personsBrowser(), begun.authorize_url);
    const input = { owner: OWNER, attempt_id: begun.attempt_id, binding };
    const bare = new URL(url).searchParams.get("code")!;
    const refusal = await refusalOf(hall.connect.completeByPaste({ ...input, text: bare }));
    expect(refusal.code).toBe("callback_malformed");
    expect(refusal.fix).toContain("whole address");
    const cut = url.slice(0, url.indexOf("code="));
    expect(await codeOf(hall.connect.completeByPaste({ ...input, text: cut }))).toBe("callback_malformed");
    const done = await hall.connect.completeByPaste({ ...input, text: ` ${url}\n` });
    expect(done.kind).toBe("connected");
    expect(await codeOf(hall.connect.completeByPaste({ ...input, text: url }))).toBe("attempt_used");
  });

  it("may be only what stands from the question mark on", async () => {
    const id = await register(hall, "cloud");
    const binding = newBinding();
    const begun = await hall.connect.begin({ owner: OWNER, registration_id: id, binding });
    const { url } = await decide(personsBrowser(), begun.authorize_url);
    const text = url.slice(url.indexOf("?"));
    const done = await hall.connect.completeByPaste({
      owner: OWNER,
      attempt_id: begun.attempt_id,
      text,
      binding,
    });
    expect(done.kind).toBe("connected");
  });

  it("for OAuth 1.0a may be the bare code as well", async () => {
    const { begun, binding, page } = await walk();
    const text = verifierOn(page.text);
    const done = await hall.connect.completeByPaste({
      owner: OWNER,
      attempt_id: begun.attempt_id,
      text,
      binding,
    });
    expect(done.kind).toBe("connected");
  });
});
