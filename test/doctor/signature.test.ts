import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Diagnosis } from "../../src/doctor/index.ts";
import { OWNER } from "../connect/hall.ts";
import { behindProxy } from "./proxy.ts";
import { foundIn, openSurgery, type Surgery, saidBy } from "./surgery.ts";

const PATH = "/jira/plugins/servlet/oauth/request-token";
let surgery: Surgery;

beforeAll(async () => {
  surgery = await openSurgery();
});
afterEach(() => surgery.heal());
afterAll(() => surgery.close());

async function seenAs(rewrite_url: string): Promise<Diagnosis> {
  surgery.hall.sandbox.control.faults({ match: { path: PATH }, rewrite_url });
  return surgery.examineRegistration(await surgery.registered("datacenter-oauth1"));
}

describe("signature_invalid says which setting of the proxy makes it", () => {
  it.each([
    ["scheme", (url: URL) => `https://${url.host}`, 'scheme="http" secure="false"'],
    ["host", (url: URL) => `http://10.0.0.5:${url.port}`, 'proxyName="localhost"'],
    ["port", (url: URL) => `http://${url.hostname}:8080`, "proxyPort="],
    ["context path", (url: URL) => `${url.origin}/issues`, "The context path differs"],
    ["no context path", (url: URL) => `${url.origin}/`, "The context path differs"],
    ["a doubled slash", (url: URL) => `${url.origin}//jira`, "A slash is doubled"],
  ])("%s", async (_name, view, words) => {
    const url = new URL(surgery.hall.sandbox.dataCenterUrl);
    const found = await seenAs(view(url));
    expect(foundIn(found)).toBe("dc-1 at base_url");
    expect(found.cause?.next_step).toContain(words);
    const { ours, theirs, differ_at } = found.cause!.base_strings!;
    expect(ours.slice(0, differ_at)).toBe(theirs.slice(0, differ_at));
    expect(ours[differ_at!]).not.toBe(theirs[differ_at!]);
  });

  it("equal base strings mean the key", async () => {
    const { generateKeyPair } = await import("../../src/vault/index.ts");
    const private_key = (await generateKeyPair({ now: Date.now })).private_pem;
    const found = await surgery.examineRegistration(
      await surgery.registered("datacenter-oauth1", { private_key }),
    );
    expect(foundIn(found)).toBe("dc-2 at key_pair");
    expect(found.cause?.base_strings).toEqual({
      ours: expect.stringContaining("POST&"),
      theirs: found.cause?.base_strings?.ours,
    });
    const keys = await surgery.hall.vault.registrations.get(found.registration_id!);
    expect(found.cause?.next_step).toContain(keys.public_key!.spki_sha256);
  });

  it("where Jira keeps its base string to itself, the address whose signature it takes is the proof", async () => {
    await behindProxy(surgery, { passes_host: false, hides_base_string: true }, async (site_base_url) => {
      const { port } = new URL(surgery.hall.sandbox.dataCenterUrl);
      const id = await surgery.registered("datacenter-oauth1", { site_base_url });
      surgery.hall.sandbox.control.faults({
        match: { path: PATH },
        rewrite_url: "http://localhost:8080/jira",
      });
      const found = await surgery.examineRegistration(id);
      expect(foundIn(found)).toBe("dc-1 at base_url");
      expect(found.cause?.evidence.join("\n")).toContain("jira_sees: http://localhost:8080/jira");
      expect(found.cause?.evidence.join("\n")).toContain("Jira took the same request");
      expect(found.cause?.next_step).toContain(`proxyPort="${new URL(site_base_url).port}"`);
      expect(port).not.toBe("8080");
    });
  });

  it("a proxy that does not pass the Host on is found by what Jira tells", async () => {
    await behindProxy(surgery, { passes_host: false }, async (site_base_url) => {
      const found = await surgery.examineRegistration(
        await surgery.registered("datacenter-oauth1", { site_base_url }),
      );
      expect(foundIn(found)).toBe("dc-1 at base_url");
      expect(found.cause?.next_step).toContain("pass the Host header");
    });
  });

  it("a proxy that hands everything on is no cause", async () => {
    await behindProxy(surgery, {}, async (site_base_url) => {
      const id = await surgery.registered("datacenter-oauth1", { site_base_url });
      expect(foundIn(await surgery.examine(await surgery.connected("datacenter-oauth1", id)))).toBe(
        "healthy",
      );
    });
  });

  it("tokens in base strings are masked, and nowhere else is one", async () => {
    const id = await surgery.connected("datacenter-oauth1");
    const tokens = await surgery.hall.vault.reveal(OWNER, id);
    surgery.hall.sandbox.control.faults({
      match: { path: "/jira/rest/api/2/myself" },
      rewrite_url: "https://jira.example/jira",
    });
    const found = await surgery.examine(id);
    expect(foundIn(found)).toBe("dc-1 at base_url");
    expect(found.cause?.base_strings?.ours).toContain("oauth_token%3D[masked]");
    const text = JSON.stringify(found);
    if (tokens.kind !== "oauth1") throw new Error("It has other tokens.");
    expect(text).not.toContain(tokens.oauth_token.reveal());
  });

  it("a pasted answer is compared by its address", () => {
    const said =
      "> GET /jira/rest/api/2/myself HTTP/1.1\n> Host: jira.example.com\n>\n< HTTP/1.1 401 Unauthorized\n<\n" +
      "oauth_problem=signature_invalid&oauth_signature_base_string=GET%26https%253A%252F%252Fjira.example.com%252Fjira%252Frest%252Fapi%252F2%252Fmyself%26oauth_nonce%253D1";
    const found = saidBy(surgery, said, "datacenter-oauth1");
    expect(found.cause?.row).toBe("dc-1");
    expect(found.cause?.next_step).toContain('scheme="http"');
  });
});

describe("of two things that are wrong, the one that matters first is named", () => {
  type Break = {
    readonly name: string;
    readonly row: string;
    readonly change?: () => object;
    readonly upset?: () => void;
  };
  const faults = (fault: Parameters<Surgery["hall"]["sandbox"]["control"]["faults"]>[0]) => () =>
    surgery.hall.sandbox.control.faults(fault);
  /** In the order in which they matter. */
  const BREAKS: readonly Break[] = [
    { name: "not reachable", row: "net-3", change: () => ({ site_base_url: "http://127.0.0.1:1/jira" }) },
    {
      name: "clock",
      row: "dc-8",
      upset: () => {
        surgery.hall.clock.ahead_ms = -900_000;
      },
    },
    // A callback that no Jira takes is not even asked with.
    { name: "callback", row: "dc-13", change: () => ({ redirect_uri: "myapp://back" }) },
    {
      name: "proxy",
      row: "dc-1",
      upset: faults({ match: { path: PATH }, rewrite_url: "https://10.0.0.5:8443" }),
    },
    { name: "consumer key", row: "dc-7", change: () => ({ client_id: "Another" }) },
    {
      name: "token",
      row: "dc-10",
      upset: faults({
        match: { path: "/jira/rest/api/2/myself" },
        status: 401,
        body: "oauth_problem=token_rejected",
      }),
    },
    {
      name: "limits",
      row: "dc-29",
      upset: faults({ match: { path: "/jira/rest/api/2/mypermissions" }, status: 429 }),
    },
  ];
  const pairs = BREAKS.flatMap((first, index) => BREAKS.slice(index + 1).map((second) => ({ first, second })))
    // Jira knows no consumer before it computes a signature, so it never tells of a proxy then.
    .filter(({ first, second }) => !(first.name === "proxy" && second.name === "consumer key"));

  it("there are twenty", () => expect(pairs).toHaveLength(20));

  it.each(pairs)("$first.name before $second.name", async ({ first, second }) => {
    surgery.hall.allow("http://127.0.0.1:1/jira");
    const id = await surgery.connected("datacenter-oauth1");
    const { registration_id } = await surgery.hall.vault.connections.get(OWNER, id);
    await surgery.hall.vault.registrations.update(registration_id, {
      ...first.change?.(),
      ...second.change?.(),
    });
    first.upset?.();
    second.upset?.();
    const found =
      first.name === "not reachable" || second.name === "not reachable"
        ? await surgery.examineRegistration(registration_id)
        : await surgery.examine(id);
    expect(found.cause?.row, foundIn(found)).toBe(first.row);
  });
});
