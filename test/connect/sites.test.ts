import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BeginInput, Completion } from "../../src/connect/index.ts";
import {
  answerOf,
  type Decision,
  decide,
  type Hall,
  newBinding,
  OWNER,
  openHall,
  personsBrowser,
  register,
} from "./hall.ts";
import { codeOf, refusalOf } from "./refusals.ts";

let hall: Hall;
let registration_id: string;

beforeAll(async () => {
  // Account-level consents: one approval reaches every site of the user.
  hall = await openHall({ switches: { access_type: "account" } });
  registration_id = await register(hall, "cloud");
});
afterAll(() => hall.close());

type Danced = { readonly completion: Completion; readonly binding: ReturnType<typeof newBinding> };

async function dance(input: Partial<BeginInput> = {}, decision: Decision = {}): Promise<Danced> {
  const binding = newBinding();
  const owner = input.owner ?? OWNER;
  const begun = await hall.connect.begin({ owner, registration_id, binding, ...input });
  const params = answerOf(await decide(personsBrowser(), begun.authorize_url, decision));
  return { completion: await hall.connect.complete({ registration_id, params, binding }), binding };
}

function choosing({ completion }: Danced) {
  if (completion.kind !== "choose-site") throw new Error(completion.kind);
  return completion;
}

function connected({ completion }: Danced) {
  if (completion.kind !== "connected") throw new Error(completion.kind);
  return completion.connection;
}

const site = (name: string) => `${hall.sandbox.cloudUrl}/sites/${name}`;

describe("a grant that reaches several sites", () => {
  it("asks which is meant, and takes the one that was chosen", async () => {
    const danced = await dance({ owner: "chooser" });
    const { attempt_id, sites, dance_id } = choosing(danced);
    expect(sites.map(({ name }) => name).sort()).toEqual(["acme", "globex"]);
    expect((await hall.connect.dances.get("chooser", dance_id)).outcome).toBe("choosing");
    expect(await hall.vault.connections.list("chooser")).toHaveLength(0);
    const offered = await hall.connect.choices("chooser", attempt_id, danced.binding);
    expect(offered.sites).toEqual(sites);
    expect(offered.account?.display_name).toMatch(/alana/i);
    const globex = sites.find(({ name }) => name === "globex")!;
    const input = { owner: "chooser", attempt_id, site_id: globex.id, binding: danced.binding };
    const chosen = await hall.connect.chooseSite(input);
    if (chosen.kind !== "connected") throw new Error(chosen.kind);
    expect(chosen.connection.site.url).toBe(site("globex"));
    expect(await codeOf(hall.connect.chooseSite(input))).toBe("attempt_used");
    expect(await hall.vault.connections.list("chooser")).toHaveLength(1);
  });

  it("keeps the choice open after a site that was not offered, and closed to other browsers and owners", async () => {
    const danced = await dance({ owner: "careful" });
    const { attempt_id, sites } = choosing(danced);
    const input = { owner: "careful", attempt_id, site_id: sites[0]!.id, binding: danced.binding };
    expect(await codeOf(hall.connect.chooseSite({ ...input, site_id: "foreign" }))).toBe("site_not_granted");
    expect(await codeOf(hall.connect.chooseSite({ ...input, binding: newBinding() }))).toBe(
      "browser_mismatch",
    );
    expect(await codeOf(hall.connect.chooseSite({ ...input, owner: "thief" }))).toBe("not_found");
    expect(await codeOf(hall.connect.choices("careful", attempt_id, newBinding()))).toBe("browser_mismatch");
    expect((await hall.connect.chooseSite(input)).kind).toBe("connected");
  });

  it("takes the site that was asked for without asking again", async () => {
    expect(connected(await dance({ owner: "hinted", site_hint: site("globex") })).site.url).toBe(
      site("globex"),
    );
  });

  it("asks where the site that was asked for is not among them, and says which that was", async () => {
    const danced = await dance({ owner: "elsewhere", site_hint: site("initech") });
    const { attempt_id } = choosing(danced);
    const { asked } = await hall.connect.choices("elsewhere", attempt_id, danced.binding);
    expect(asked).toBe(site("initech"));
  });

  it("forgets a grant for which nobody chose", async () => {
    const danced = await dance({ owner: "gone" });
    const { attempt_id } = choosing(danced);
    hall.clock.ahead_ms = 20 * 60_000;
    expect(await codeOf(hall.connect.choices("gone", attempt_id, danced.binding))).toBe("attempt_expired");
    await hall.connect.sweep();
    const [family] = await hall.vault.families.list("gone");
    expect(family?.state ?? "forgotten").toBe("forgotten");
    hall.clock.ahead_ms = 0;
  });
});

describe("a reconnect", () => {
  it("keeps the connection's id for the same account", async () => {
    const connection = connected(await dance({ owner: "again", site_hint: site("acme") }));
    const { completion } = await dance({ owner: "again", reconnect: connection.id });
    if (completion.kind !== "connected") throw new Error(completion.kind);
    expect(completion.reconnected).toBe(true);
    expect(completion.connection.id).toBe(connection.id);
    expect(completion.connection.family_id).not.toBe(connection.family_id);
    expect(await codeOf(hall.vault.families.get("again", connection.family_id))).toBe("not_found");
  });

  it("by another account changes nothing until it is confirmed", async () => {
    const connection = connected(await dance({ owner: "mixed", site_hint: site("acme") }));
    const binding = newBinding();
    const begun = await hall.connect.begin({
      owner: "mixed",
      registration_id,
      binding,
      reconnect: connection.id,
    });
    const params = answerOf(await decide(personsBrowser(), begun.authorize_url, { user: "william" }));
    const refusal = await refusalOf(hall.connect.complete({ registration_id, params, binding }));
    expect(refusal.code).toBe("account_mismatch");
    expect(refusal.details.attempt_id).toBe(begun.attempt_id);
    const unchanged = await hall.vault.connections.get("mixed", connection.id);
    expect(unchanged.account?.account_id).toBe(connection.account?.account_id);
    expect(unchanged.family_id).toBe(connection.family_id);

    const input = { owner: "mixed", attempt_id: begun.attempt_id, binding };
    const asked = await hall.connect.choices("mixed", begun.attempt_id, binding);
    expect(asked.waits_for).toBe("account");
    expect(asked.account?.display_name).toMatch(/william/i);
    expect(asked.before?.display_name).toMatch(/alana/i);
    expect(await codeOf(hall.connect.confirmAccount({ ...input, binding: newBinding() }))).toBe(
      "browser_mismatch",
    );
    expect(await codeOf(hall.connect.chooseSite({ ...input, site_id: connection.site.id }))).toBe(
      "attempt_used",
    );
    const confirmed = await hall.connect.confirmAccount(input);
    if (confirmed.kind !== "connected") throw new Error(confirmed.kind);
    expect(confirmed.connection.id).toBe(connection.id);
    expect(confirmed.connection.account?.display_name).toMatch(/william/i);
  });

  it("of another owner's connection does not exist", async () => {
    const connection = connected(await dance({ owner: "private", site_hint: site("acme") }));
    const input = { owner: "thief", registration_id, binding: newBinding(), reconnect: connection.id };
    expect(await codeOf(hall.connect.begin(input))).toBe("not_found");
  });

  it("with another registration than before is refused", async () => {
    const connection = connected(await dance({ owner: "swap", site_hint: site("acme") }));
    const other = await register(hall, "datacenter-oauth2");
    const input = { owner: "swap", registration_id: other, binding: newBinding(), reconnect: connection.id };
    expect(await codeOf(hall.connect.begin(input))).toBe("bad_request");
  });
});

describe("the account", () => {
  it("comes from the account API where the token may ask it", async () => {
    const scope = ["read:me", "read:jira-work", "offline_access"];
    hall.sandbox.control.register({ scopes: [...scope, "read:jira-user", "write:jira-work"] });
    const connection = connected(await dance({ owner: "me", scope, site_hint: site("acme") }));
    expect(connection.account?.display_name).toMatch(/alana/i);
  });
});

describe("an account that the token may not ask for", () => {
  it("stays unknown, and never joins another connection", async () => {
    const scope = ["read:jira-work", "offline_access"];
    const first = connected(await dance({ owner: "unknown", scope, site_hint: site("acme") }));
    expect(first.account).toBeUndefined();
    const second = connected(await dance({ owner: "unknown", scope, site_hint: site("acme") }));
    expect(second.id).not.toBe(first.id);
  });
});
