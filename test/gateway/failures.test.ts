import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ERRORS } from "../../src/errors.ts";
import { generateKeyPair } from "../../src/vault/index.ts";
import { createBrowser } from "../connect/browser.ts";
import { decideAt, type House, IDS, newBrowser, openHouse, walk } from "./house.ts";

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterEach(() => {
  house.hall.sandbox.control.clearFaults();
  house.hall.clock.ahead_ms = 0;
});
afterAll(() => house.close());

/** Goes to Jira, lets something happen, and comes back. */
async function comeBackAfter(flavor: keyof typeof IDS, meanwhile: () => void | Promise<void>) {
  const stopping = createBrowser({ stopAt: (url) => url.pathname.startsWith("/callback") });
  const home = await stopping.open(`${house.url}/connect`);
  const form = home.forms.findIndex((one) => one.fields.some(([, value]) => value === IDS[flavor]));
  const stopped = await decideAt(stopping, await stopping.submit(home, { form }));
  await meanwhile();
  const browser = newBrowser();
  const cookie = stopping.jar.header({ url: new URL(house.url), method: "GET", crossSite: false }) ?? "";
  browser.jar.take(
    new URL(house.url),
    cookie
      .split("; ")
      .filter((one) => one.startsWith("__Host-latchkey"))
      .map((one) => `${one}; Path=/; Secure`),
  );
  return browser.open(stopped.url);
}

describe("a dance that fails lands on a page that says what happened and what to do next", () => {
  it("expired: it took too long", async () => {
    const page = await comeBackAfter("cloud", () => {
      house.hall.clock.ahead_ms = 3_600_000;
    });
    expect(page.url).toContain("cause=attempt_expired");
    expect(page.text).toContain("What to do next");
    expect(page.forms.some((form) => form.buttons.some((button) => button.text === "Try again"))).toBe(true);
  });

  it("no site: the grant reaches none", async () => {
    const page = await comeBackAfter("cloud", () => {
      house.hall.sandbox.control.faults([
        { match: { path: "/oauth/token/accessible-resources" }, status: 200, body: "[]" },
      ]);
    });
    expect(page.url).toContain("cause=no_sites");
    expect(page.text).toContain("What to do next");
    const dance = await newBrowser().open(
      new URL(page.links.find((link) => link.text === "See the dance")!.href, page.url).href,
    );
    expect(dance.text).toContain("Ask which sites were granted");
  });

  it("signature refused: another public key at Jira, Jira's own word beside it", async () => {
    const other = await generateKeyPair({ now: Date.now });
    await house.hall.vault.registrations.add({
      id: "wrong-key",
      flavor: "datacenter-oauth1",
      client_id: "OauthKey",
      private_key: other.private_pem,
      site_base_url: house.hall.sandbox.dataCenterUrl,
      redirect_uri: `${house.url}/callback/wrong-key`,
      scope: [],
      allowance: true,
    });
    const browser = newBrowser();
    const home = await browser.open(`${house.url}/connect`);
    const form = home.forms.findIndex((one) => one.fields.some(([, value]) => value === "wrong-key"));
    const page = await browser.submit(home, { form });
    expect(page.url).toContain("cause=signature_invalid");
    expect(page.text).toMatch(/Jira's own word: .*signature_invalid/);
    const dance = await browser.follow(page, "See the dance");
    expect(dance.title).toContain("The dance stopped at step 2 of 7");
    expect(dance.text).toContain("401 signature_invalid");
    await house.hall.vault.registrations.remove("wrong-key");
  });

  it("a Jira that is away: said so, and nothing is lost", async () => {
    const page = await comeBackAfter("datacenter-oauth2", () => {
      house.hall.sandbox.control.faults([{ match: { path: "/rest/oauth2/latest/token" }, cut: true }]);
    });
    expect(page.url).toMatch(/cause=(connection_reset|timed_out|unreachable)/);
    expect(page.text).toContain("What to do next");
  });

  it("every cause of the table has its page", async () => {
    for (const cause of Object.keys(ERRORS)) {
      const page = await newBrowser().open(`${house.url}/connect/failed?cause=${cause}`);
      expect(page.status, cause).toBeGreaterThanOrEqual(400);
      expect(page.text, cause).toContain("What to do next");
    }
  });

  it("a made-up cause, or another owner's dance, says nothing it should not", async () => {
    const page = await newBrowser().open(
      `${house.url}/connect/failed?cause=<b>&dance=dnc_x&registration="><script>`,
    );
    expect(page.html).not.toMatch(/<b>|<script>/);
    expect(page.text).toContain("What to do next");
  });
});

describe("an approval that was taken back at Jira", () => {
  it("is noticed by the page, which says so and offers to reconnect", async () => {
    const browser = newBrowser();
    const page = await walk(house, browser, "cloud");
    const id = /con_\w+/.exec(page.url)?.[0] ?? "";
    house.hall.sandbox.control.faults([
      { match: { path: "/ex/jira/*" }, status: 401, body: '{"code":401,"message":"Unauthorized"}' },
      {
        match: { path: "/oauth/token" },
        status: 403,
        headers: { "content-type": "application/json" },
        body: '{"error":"unauthorized_client","error_description":"refresh_token is invalid"}',
      },
    ]);
    const dead = await browser.open(page.url);
    expect((await house.hall.vault.connections.get("local", id)).state).toBe("dead");
    expect(dead.status).toBe(200);
    expect(dead.text).toContain("Reconnect needed");
  });
});
