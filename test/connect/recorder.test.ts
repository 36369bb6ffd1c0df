import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { explainFailure } from "../../src/connect/index.ts";
import type { Flavor } from "../../src/protocol/index.ts";
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
import { codeOf, refusalOf } from "./refusals.ts";

const FLAVORS: readonly Flavor[] = ["cloud", "datacenter-oauth2", "datacenter-oauth1"];

let hall: Hall;

beforeAll(async () => {
  hall = await openHall();
  for (const flavor of FLAVORS) await register(hall, flavor, { id: flavor });
});
afterAll(() => hall.close());

/** Every form in which a secret could stand in a text. */
function formsOf(secret: string): string[] {
  const once = encodeURIComponent(secret);
  const bytes = Buffer.from(secret);
  return [
    secret,
    once,
    encodeURIComponent(once),
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
  ];
}

describe.each(FLAVORS)("the record of a dance of %s", (flavor) => {
  it("shows every message, in order, and holds no secret of it", async () => {
    const binding = newBinding();
    const begun = await hall.connect.begin({ owner: OWNER, registration_id: flavor, binding });
    const page = await decide(personsBrowser(), begun.authorize_url);
    const params = answerOf(page);
    const done = await hall.connect.complete({ registration_id: flavor, params, binding });
    if (done.kind !== "connected") throw new Error(done.kind);
    const view = await hall.connect.dances.get(OWNER, begun.dance_id);
    expect(view.steps.map(({ n }) => n)).toEqual(view.steps.map((_, index) => index + 1));
    expect(view.steps[0]).toMatchObject({ from: "person", to: "latchkey" });
    expect(view.steps.at(-1)).toMatchObject({ from: "latchkey", to: "application", label: "Connected" });
    expect(view.steps.filter(({ to }) => to === "jira").length).toBeGreaterThanOrEqual(2);
    const secrets = await secretsOf(done.connection.id, begun, params, binding.reveal());
    expect(secrets.length).toBeGreaterThan(4);
    const outputs = [JSON.stringify(view), hall.lines.join("\n"), await database()];
    for (const secret of secrets) {
      for (const form of formsOf(secret)) {
        for (const output of outputs) expect(output.includes(form), form.slice(0, 6)).toBe(false);
      }
    }
  });
});

async function secretsOf(
  connection_id: string,
  begun: { readonly authorize_url: string },
  params: URLSearchParams,
  binding: string,
): Promise<string[]> {
  const tokens = await hall.vault.reveal(OWNER, connection_id);
  const query = new URL(begun.authorize_url).searchParams;
  const found = [
    binding,
    query.get("state"),
    query.get("oauth_token"),
    query.get("code_challenge"),
    params.get("code"),
    params.get("oauth_token"),
    ...(tokens.kind === "oauth2"
      ? [tokens.access_token.reveal(), tokens.refresh_token?.reveal(), tokens.client_secret?.reveal()]
      : []),
    ...(tokens.kind === "oauth1"
      ? [
          tokens.oauth_token.reveal(),
          tokens.oauth_token_secret.reveal(),
          tokens.private_key.reveal().split("\n")[1],
        ]
      : []),
  ];
  return found.filter((one): one is string => typeof one === "string" && one.length >= 8);
}

async function database(): Promise<string> {
  const files = await readdir(hall.folder);
  const texts = await Promise.all(files.map((file) => readFile(join(hall.folder, file), "latin1")));
  return texts.join("");
}

describe("the record of a dance that failed", () => {
  it("names the cause and Jira's own word, is found as the latest, and belongs to its owner", async () => {
    const binding = newBinding();
    const begun = await hall.connect.begin({ owner: "solo", registration_id: "cloud", binding });
    const params = answerOf(await decide(personsBrowser(), begun.authorize_url, { press: "deny" }));
    const refusal = await refusalOf(hall.connect.complete({ registration_id: "cloud", params, binding }));
    expect(refusal.details.dance_id).toBe(begun.dance_id);
    expect(explainFailure(refusal, { flavor: "cloud" }).jira_word).toBe("error=access_denied");
    const latest = await hall.connect.dances.latest("solo");
    expect(latest).toMatchObject({ id: begun.dance_id, outcome: "failed", error_code: "access_denied" });
    expect(await codeOf(hall.connect.dances.get(OWNER, begun.dance_id))).toBe("not_found");
    expect(await hall.connect.dances.list("nobody")).toEqual([]);
  });

  it("shows an oauth_problem at the message that brought it", async () => {
    const id = await register(hall, "datacenter-oauth1", { id: "unknown-consumer", client_id: "nobody" });
    const input = { owner: "solo", registration_id: id, binding: newBinding() };
    const refusal = await refusalOf(hall.connect.begin(input));
    const view = await hall.connect.dances.get("solo", String(refusal.details.dance_id));
    const step = view.steps.find(({ problem }) => problem === "consumer_key_unknown");
    expect(step).toMatchObject({ from: "latchkey", to: "jira", response: { status: 401 } });
  });

  it("keeps in words what was known when it failed", async () => {
    const id = await register(hall, "datacenter-oauth1", { id: "slow-clock" });
    hall.sandbox.control.faults({
      match: { path: "/jira/plugins/servlet/oauth/request-token", times: 1 },
      clock_skew_s: 600,
    });
    const input = { owner: "solo", registration_id: id, binding: newBinding() };
    const refusal = await refusalOf(hall.connect.begin(input));
    const { failure } = await hall.connect.dances.get("solo", String(refusal.details.dance_id));
    expect(failure).toEqual(
      explainFailure(refusal, { flavor: "datacenter-oauth1", site: hall.sandbox.dataCenterUrl }),
    );
    expect(failure?.happened).toContain("10 minutes ahead");
    expect(failure?.jira_word).toBe("oauth_problem=timestamp_refused");
  });

  it("keeps nothing of what a stranger writes into a callback", async () => {
    const binding = newBinding();
    const begun = await hall.connect.begin({ owner: "solo", registration_id: "cloud", binding });
    const params = answerOf(await decide(personsBrowser(), begun.authorize_url));
    params.append("note", "canary-written-by-a-stranger");
    params.append("note", "twice");
    expect(await codeOf(hall.connect.complete({ registration_id: "cloud", params, binding }))).toBe(
      "callback_malformed",
    );
    const view = await hall.connect.dances.get("solo", begun.dance_id);
    expect(JSON.stringify(view)).not.toContain("canary");
  });
});
