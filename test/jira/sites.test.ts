import { describe, expect, it } from "vitest";
import { listSites, me } from "../../src/jira/index.ts";
import { bearer, type Fake, failure, fakeJira } from "./fake.ts";

const parts = (fake: Fake) => ({
  transport: fake.transport,
  endpoints: {
    authorization_endpoint: `${fake.url}/authorize`,
    token_endpoint: `${fake.url}/oauth/token`,
    accessible_resources_endpoint: `${fake.url}/oauth/token/accessible-resources`,
    me_endpoint: `${fake.url}/me`,
    gateway_base: `${fake.url}/ex/jira`,
  },
  credential: bearer("1"),
  now: Date.now,
  random: (bytes: number) => new Uint8Array(bytes),
});
const site = (id: string, scopes: readonly string[], more = {}) => ({
  id,
  url: `https://${id}.atlassian.net`,
  name: id,
  scopes,
  avatarUrl: "https://a.example/x.png",
  ...more,
});

describe("the sites of a grant", () => {
  it("are merged by id, and other products are left out", async () => {
    const fake = await fakeJira(() => [
      200,
      [
        site("acme", ["read:confluence-content.all"]),
        site("acme", ["read:jira-work", "read:jira-user"]),
        site("acme", ["read:servicedesk-request", "read:jira-user"]),
        site("wiki-only", ["read:confluence-content.all"]),
        site("granular", ["read:issue:jira"]),
      ],
    ]);
    const sites = await listSites(parts(fake));
    expect(sites.map(({ id, scopes }) => [id, scopes])).toEqual([
      ["acme", ["read:jira-work", "read:jira-user", "read:servicedesk-request"]],
      ["granular", ["read:issue:jira"]],
    ]);
    expect(sites[0]).toMatchObject({
      url: "https://acme.atlassian.net",
      api_base_url: `${fake.url}/ex/jira/acme`,
      deployment: "cloud",
      avatar_url: "https://a.example/x.png",
    });
    expect(fake.seen[0]!.headers.authorization).toBe("Bearer access-token-1");
  });

  it("may be none, which is an answer", async () => {
    const fake = await fakeJira(() => [200, []]);
    expect(await listSites(parts(fake))).toEqual([]);
  });

  it("are never made of an id that would lead the token elsewhere, or of a strange URL", async () => {
    const scopes = ["read:jira-work"];
    const fake = await fakeJira(() => [
      200,
      [
        site("../../evil", scopes),
        site("a/b", scopes),
        site("", scopes),
        site("x", scopes, { url: "javascript:alert(1)" }),
        null,
        5,
        site("good", scopes),
      ],
    ]);
    expect((await listSites(parts(fake))).map(({ id }) => id)).toEqual(["good"]);
  });

  it("fail with the cause", async () => {
    const refused = await fakeJira(() => [401, { code: 401, message: "Unauthorized" }]);
    expect((await failure(listSites(parts(refused)))).code).toBe("jira_unauthorized");
    const odd = await fakeJira(() => [200, { values: [] }]);
    expect((await failure(listSites(parts(odd)))).code).toBe("jira_answer_unreadable");
    const { accessible_resources_endpoint: _, ...endpoints } = parts(odd).endpoints;
    expect((await failure(listSites({ ...parts(odd), endpoints }))).code).toBe("registration_incomplete");
  });
});

describe("who approved", () => {
  it("comes from the identity API, where the grant allows it", async () => {
    const fake = await fakeJira((_seen, count) =>
      count === 1 ? [200, { account_id: "5b1", name: "Mia" }] : [403, ""],
    );
    expect(await me(parts(fake))).toEqual({ account_id: "5b1", display_name: "Mia" });
    expect(await me(parts(fake))).toBeUndefined();
    const broken = await fakeJira(() => [500, ""]);
    expect((await failure(me(parts(broken)))).code).toBe("jira_failed");
  });
});
