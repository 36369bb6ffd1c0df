import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Instruction } from "../../src/connect/index.ts";
import { instructions } from "../../src/connect/instructions.ts";
import { Secret } from "../../src/secret.ts";
import type { Registration } from "../../src/vault/index.ts";
import {
  answerOf,
  decide,
  type Hall,
  newBinding,
  OWNER,
  openHall,
  personsBrowser,
  register,
} from "./hall.ts";
import { codeOf } from "./refusals.ts";

let hall: Hall;

beforeAll(async () => {
  hall = await openHall({ redirectUris: ["http://localhost:8080/callback/x"] });
});
afterAll(() => hall.close());

const shownAt = (fields: readonly Instruction[], label: string) =>
  fields.find((one) => one.label === label)?.value;

describe("a Data Center that nobody has registered", () => {
  it("gets a key pair of its own, is pasted into Jira by hand, checked, and danced with", async () => {
    const draft = await hall.connect.setup.propose({
      owner: OWNER,
      text: hall.sandbox.dataCenterUrl,
      flavor: "datacenter-oauth1",
      trust: "operator",
    });
    expect(draft.state).toBe("draft");
    expect(draft.public_key?.bits).toBe(2048);
    expect(draft.redirect_uri).toBe(`http://localhost:8080/callback/${draft.id}`);

    const before = await hall.connect.check({ registration_id: draft.id });
    expect(before.outcome).toBe("wrong");
    expect(before.findings.map(({ code }) => code)).toContain("consumer_key_unknown");

    const fields = hall.connect.setup.instructions(draft, "9.12.4");
    hall.sandbox.control.register({
      consumers: [
        {
          key: shownAt(fields, "Consumer Key")!,
          public_key: shownAt(fields, "Public Key")!,
          name: shownAt(fields, "Consumer Name")!,
        },
      ],
    });
    expect((await hall.connect.check({ registration_id: draft.id })).outcome).toBe("ok");
    expect(await codeOf(begin(draft.id))).toBe("registration_incomplete");
    const ready = await hall.connect.setup.complete({ owner: OWNER, registration_id: draft.id });
    expect(ready.state).toBe("active");

    const binding = newBinding();
    const begun = await hall.connect.begin({ owner: OWNER, registration_id: draft.id, binding });
    const params = answerOf(await decide(personsBrowser(), begun.authorize_url));
    const done = await hall.connect.complete({ registration_id: draft.id, params, binding });
    expect(done.kind).toBe("connected");
  });

  const begin = (registration_id: string) =>
    hall.connect.begin({ owner: OWNER, registration_id, binding: newBinding() });

  it("is proposed with OAuth 2.0 where it is new enough, and completed with what Jira shows", async () => {
    const draft = await hall.connect.setup.propose({
      owner: OWNER,
      text: hall.sandbox.dataCenterUrl,
      trust: "operator",
    });
    expect(draft.flavor).toBe("datacenter-oauth2");
    const incomplete = { owner: OWNER, registration_id: draft.id };
    expect(await codeOf(hall.connect.setup.complete(incomplete))).toBe("registration_incomplete");
    const ready = await hall.connect.setup.complete({
      ...incomplete,
      client_id: " sandbox-dc-app ",
      client_secret: new Secret("sandbox-dc-secret"),
    });
    expect(ready).toMatchObject({ state: "active", client_id: "sandbox-dc-app" });
    expect((await hall.connect.check({ registration_id: draft.id })).outcome).toBe("ok");
  });

  it("keeps its key when the person comes back to the page", async () => {
    const input = {
      owner: "coming-back",
      text: hall.sandbox.dataCenterUrl,
      flavor: "datacenter-oauth1",
      trust: "operator",
    } as const;
    const first = await hall.connect.setup.propose(input);
    const second = await hall.connect.setup.propose(input);
    expect(second.id).toBe(first.id);
    expect(second.public_key?.spki_sha256).toBe(first.public_key?.spki_sha256);
  });

  it("typed by an end user in a private network is refused", async () => {
    const input = { owner: OWNER, text: "http://192.168.7.7/jira", trust: "end-user" } as const;
    expect(await codeOf(hall.connect.setup.propose(input))).toBe("egress_refused");
  });

  it("set up by an end user is that user's alone, and no allowance", async () => {
    const draft = await hall.connect.setup.propose({
      owner: "customer",
      text: hall.sandbox.dataCenterUrl,
      flavor: "datacenter-oauth1",
      trust: "end-user",
    });
    expect(draft).toMatchObject({ owner: "customer", allowance: false });
    const theirs = { owner: OWNER, registration_id: draft.id };
    expect(await codeOf(hall.connect.setup.complete(theirs))).toBe("not_found");
  });

  it("that is Cloud needs no set-up", async () => {
    await register(hall, "cloud");
    const input = { owner: OWNER, text: "acme", trust: "operator" } as const;
    expect(await codeOf(hall.connect.setup.propose(input))).toBe("bad_request");
  });
});

describe("what to paste where", () => {
  const link = {
    id: "jira-example",
    flavor: "datacenter-oauth1",
    credential: "dance",
    title: "Jira",
    client_id: "latchkey-jira-example",
    redirect_uri: "https://product.example/callback/jira-example",
    site_base_url: "https://jira.example.com/jira/",
    scope: [],
    public_key: {
      public_pem: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
      spki_sha256: "00",
      bits: 2048,
    },
  } as unknown as Registration;

  it.each([
    ["8.5.1", false],
    ["8.21.0", false],
    ["8.22.0", true],
    ["9.17.2", true],
    ["10.3.1", true],
    [undefined, true],
  ] as const)("an application link in Jira %s", (version, asksForKind) => {
    const fields = instructions(link, version, "Idea Box");
    expect(fields.some(({ label }) => label === "Application type")).toBe(asksForKind);
    for (const one of fields)
      expect(one.url).toBe("https://jira.example.com/jira/plugins/servlet/applinks/listApplicationLinks");
    expect(shownAt(fields, "Consumer Key")).toBe("latchkey-jira-example");
    expect(shownAt(fields, "Public Key")).toContain("BEGIN PUBLIC KEY");
    expect(shownAt(fields, "Consumer Name")).toBe("Idea Box");
    expect(shownAt(fields, "Consumer Callback URL")).toBe(link.redirect_uri);
  });

  it("an incoming link: name, redirect URL and permission", () => {
    const incoming = {
      ...link,
      flavor: "datacenter-oauth2",
      scope: ["WRITE"],
      client_id: "",
    } as Registration;
    const fields = instructions(incoming, "9.12.0");
    expect(shownAt(fields, "Redirect URL")).toBe(link.redirect_uri);
    expect(shownAt(fields, "Permission")).toBe("Write");
    expect(shownAt(fields, "Direction")).toBe("Incoming");
    expect(shownAt(fields, "Application type")).toBe("External application");
  });

  it("an app in the developer console: scopes without offline_access, and the callback", () => {
    const cloud = { ...link, flavor: "cloud", scope: ["read:jira-work", "offline_access"] } as Registration;
    const fields = instructions(cloud);
    expect(shownAt(fields, "Scopes")).toBe("read:jira-work");
    expect(shownAt(fields, "Callback URL")).toBe(link.redirect_uri);
  });
});
