import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Completion } from "../../src/connect/index.ts";
import { createJira } from "../../src/jira/index.ts";
import type { Flavor } from "../../src/protocol/index.ts";
import { Secret } from "../../src/secret.ts";
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

const FLAVORS: readonly Flavor[] = ["cloud", "datacenter-oauth2", "datacenter-oauth1"];

let hall: Hall;
const ids = new Map<Flavor, string>();

beforeAll(async () => {
  hall = await openHall();
  for (const flavor of FLAVORS) ids.set(flavor, await register(hall, flavor));
});
afterAll(() => hall.close());

async function dance(flavor: Flavor, press: "approve" | "deny"): Promise<Completion> {
  const binding = newBinding();
  const registration_id = ids.get(flavor)!;
  const begun = await hall.connect.begin({ owner: OWNER, registration_id, binding, return_to: "/after" });
  const page = await decide(personsBrowser(), begun.authorize_url, { press });
  return hall.connect.complete({ registration_id, params: answerOf(page), binding });
}

function connectedOf(completion: Completion) {
  if (completion.kind !== "connected") throw new Error(completion.kind);
  return completion;
}

describe.each(FLAVORS)("the dance of %s, over HTTP with a cookie jar", (flavor) => {
  it("allowed: ends with a connection that reads as the person who approved", async () => {
    const { connection, return_to, reconnected, dance_id } = connectedOf(await dance(flavor, "approve"));
    expect(connection.state).toBe("active");
    expect(connection.account?.display_name).toMatch(/alana/i);
    expect(return_to).toBe("/after");
    expect(reconnected).toBe(false);
    const jira = createJira({
      flavor,
      api_base_url: connection.site.api_base_url,
      site_url: connection.site.url,
      credentials: {
        current: () => hall.vault.credentialFor(OWNER, connection.id),
        rejected: (token) => hall.vault.rejected(OWNER, connection.id, token),
      },
      transport: hall.transport,
      now: hall.now,
      random: randomBytes,
    });
    expect((await jira.issue("JJ-2")).key).toBe("JJ-2");
    const view = await hall.connect.dances.get(OWNER, dance_id);
    expect(view.outcome).toBe("connected");
    expect(view.connection_id).toBe(connection.id);
  });

  it("denied: says so, connects nothing, and is over", async () => {
    const before = (await hall.vault.connections.list(OWNER)).length;
    const families = (await hall.vault.families.list(OWNER)).length;
    expect(await codeOf(dance(flavor, "deny"))).toBe("access_denied");
    expect(await hall.vault.connections.list(OWNER)).toHaveLength(before);
    expect(await hall.vault.families.list(OWNER)).toHaveLength(families);
    const latest = await hall.connect.dances.latest(OWNER);
    expect(latest?.outcome).toBe("failed");
    expect(latest?.error_code).toBe("access_denied");
  });

  it("a second time with the same account renews the connection and makes no other", async () => {
    const [first] = await hall.vault.connections.list(OWNER, { registration_id: ids.get(flavor)! });
    const again = connectedOf(await dance(flavor, "approve"));
    expect(again.reconnected).toBe(true);
    expect(again.connection.id).toBe(first?.id);
    expect(await hall.vault.connections.list(OWNER, { registration_id: ids.get(flavor)! })).toHaveLength(1);
  });

  it("for another owner makes a connection of its own", async () => {
    const binding = newBinding();
    const registration_id = ids.get(flavor)!;
    const begun = await hall.connect.begin({ owner: "someone-else", registration_id, binding });
    const page = await decide(personsBrowser(), begun.authorize_url);
    const { connection } = connectedOf(
      await hall.connect.complete({ registration_id, params: answerOf(page), binding }),
    );
    expect(connection.owner).toBe("someone-else");
    expect(await codeOf(hall.vault.connections.get(OWNER, connection.id))).toBe("not_found");
    expect(await codeOf(hall.connect.disconnect(OWNER, connection.id))).toBe("not_found");
  });

  it("disconnecting forgets it here and says where it is taken back at Jira", async () => {
    const [connection] = await hall.vault.connections.list(OWNER, { registration_id: ids.get(flavor)! });
    const { revoked, where, says } = await hall.connect.disconnect(OWNER, connection!.id);
    expect(revoked).toBe(false);
    expect(says).toContain(where);
    const answer = await personsBrowser().open(where);
    expect(answer.status).toBe(200);
    expect(await codeOf(hall.vault.connections.get(OWNER, connection!.id))).toBe("not_found");
  });
});

describe("with the sandbox on another site (127.0.0.1)", () => {
  it.each(FLAVORS)("%s: goes through, cookies being cross-site", async (flavor) => {
    const other = await openHall();
    try {
      const elsewhere = (url: string) => url.replace("localhost", "127.0.0.1");
      const { cloudUrl, dataCenterUrl } = other.sandbox;
      other.allow(elsewhere(cloudUrl));
      other.allow(elsewhere(dataCenterUrl));
      const registration_id = await register(other, flavor, {
        ...(flavor === "cloud"
          ? { auth_url: elsewhere(cloudUrl), api_url: elsewhere(cloudUrl) }
          : { site_base_url: elsewhere(dataCenterUrl) }),
      });
      const binding = new Secret("a-binding-of-this-browser-only");
      const begun = await other.connect.begin({ owner: OWNER, registration_id, binding });
      expect(new URL(begun.authorize_url).hostname).toBe("127.0.0.1");
      const page = await decide(personsBrowser(), begun.authorize_url);
      expect(new URL(page.url).hostname).toBe("localhost");
      const { connection } = connectedOf(
        await other.connect.complete({ registration_id, params: answerOf(page), binding }),
      );
      expect(connection.state).toBe("active");
    } finally {
      await other.close();
    }
  });
});
