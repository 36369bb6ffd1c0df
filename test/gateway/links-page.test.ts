import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGateway } from "../../src/gateway/index.ts";
import type { Idea, Push } from "../../src/push/index.ts";
import type { LinkRow } from "../../src/store/index.ts";
import type { Browser } from "../connect/browser.ts";
import { pushOf } from "../push/stage.ts";
import { type House, jiraFor, newBrowser, openHouse, walk } from "./house.ts";

const IDEA: Idea = {
  id: "idea-1",
  title: "Warm bread",
  description: "Show *what* is warm.",
  url: "https://ideas.example.com/1",
  project: "JJ",
  issueType: "Task",
};

let house: House;
let push: Push;
let browser: Browser;
let connection_id = "";

beforeAll(async () => {
  // The gateway is made before the room it is handed.
  const late: { push?: Push } = {};
  house = await openHouse({
    flavors: ["cloud"],
    parts: {
      push: {
        push: (...given) => late.push!.push(...given),
        pushMany: (...given) => late.push!.pushMany(...given),
        get links() {
          return late.push!.links;
        },
      },
    },
  });
  push = late.push = pushOf(house.hall);
  browser = newBrowser();
  connection_id = /con_\w+/.exec((await walk(house, browser, "cloud")).url)?.[0] ?? "";
});
afterAll(() => house.close());

const list = (query = "") => browser.open(`${house.url}/connections/${connection_id}/links${query}`);
const jira = () => jiraFor(house.hall, house.recorder, "local", connection_id);
const pushed = async (idea: Idea = IDEA) => (await push.push("local", connection_id, idea)).link!;

describe("the links of a connection", () => {
  it("say at first that there are none, and how the first is made", async () => {
    expect((await list()).text).toContain("No idea was pushed over this connection yet.");
    expect((await browser.open(`${house.url}/connections/${connection_id}`)).html).not.toContain("/links");
  });

  it("are listed with issue, status and state, and lead to Jira", async () => {
    const { issue_key } = await pushed();
    const page = await list();
    expect(page.text).toContain("Nothing needs doing: 1 link, none of which wants you.");
    expect(page.html).toContain('<span class="state well">In step</span>');
    expect(page.links.find(({ text }) => text === issue_key)?.href).toBe(
      `${house.hall.sandbox.cloudUrl}/sites/acme/browse/${issue_key}`,
    );
    const connection = await browser.open(`${house.url}/connections/${connection_id}`);
    expect((await browser.follow(connection, "1 link")).url).toBe(page.url);
  });

  it("are looked at again on request, and the history says what moved", async () => {
    const { id, issue_key } = await pushed();
    const still = await browser.submit(await list(), { form: `/links/${id}/look` });
    expect(still.text).toContain(`${issue_key} is as it was.`);
    const client = await jira();
    const transitions = await client.transitions(issue_key!);
    await client.transition(issue_key!, String(transitions[0]?.id));
    const moved = await browser.submit(still, { form: `/links/${id}/look` });
    expect(moved.text).toContain(`${issue_key} has moved on.`);
    const one = await browser.open(`${house.url}/links/${id}`);
    expect(one.text).toMatch(/What happened .*Status: Open → [A-Z]/);
    expect(one.links.map(({ href }) => href)).toContain(IDEA.url);
  });

  it("show both versions of what was edited on both sides, and keep the one that is chosen for each field", async () => {
    const { id, issue_key } = await pushed();
    const client = await jira();
    await client.updateIssue(issue_key!, { summary: "Cold bread", description: { markdown: "theirs" } });
    await pushed({ ...IDEA, title: "Hot bread", description: "ours" });
    const page = await browser.open(`${house.url}/links/${id}`);
    expect(page.html).toContain('<span class="state soon">Differs</span>');
    for (const text of ["Hot bread", "Cold bread", "ours", "theirs"]) expect(page.text).toContain(text);

    const untouched = await browser.submit(page, { button: "Settle it" });
    expect(untouched.text).toContain("Nothing was chosen, so nothing was changed.");
    const form = page.forms.find(({ action }) => action.endsWith("/settle"))!;
    const place = (field: string) =>
      form.fields.find(([name, value]) => name.startsWith("field-") && value === field)?.[0].slice(6) ?? "";
    const settled = await browser.submit(untouched, {
      button: "Settle it",
      fields: { [`rule-${place("title")}`]: "ours", [`rule-${place("description")}`]: "theirs" },
    });
    expect(settled.html).toContain('<span class="state well">In step</span>');
    const issue = await client.issue(issue_key!);
    expect(issue.fields?.summary).toBe("Hot bread");
    expect(JSON.stringify(issue.fields?.description)).toContain("theirs");
  });

  it("whose issue is gone are said to be, with what can be done", async () => {
    const { id, issue_key } = await pushed({ ...IDEA, id: "idea-2", title: "Gone <b>tomorrow</b>" });
    const client = await jira();
    await client.deleteIssue(issue_key!);
    const page = await browser.submit(await list(), { form: `/links/${id}/look` });
    expect(page.text).toContain("1 of 2 links wants a look.");
    expect(page.html).toContain('<span class="state dead">Deleted</span>');
    expect(page.html).not.toContain("<b>tomorrow");
    const again = await browser.submit(page, { form: `/links/${id}/retry` });
    expect(again.status).toBe(200);
    expect(again.html).toMatch(/class="note (well|soon|dead)" role="status"/);
  });

  it("are another owner's secret, on every page and in every deed", async () => {
    const { id } = await pushed();
    const parts = {
      ...house.hall,
      connect: house.connect,
      handles: house.handles,
      random: randomBytes,
      push,
    };
    const stranger = createGateway({
      ...parts,
      jiraFor: () => Promise.reject(new Error("not in this test")),
      public_url: house.url,
      owner: () => "somebody-else",
    });
    const ask = async (method: string, path: string) =>
      (await stranger.fetch(new Request(`${house.url}${path}`, { method, headers: { origin: house.url } })))
        .status;
    expect(await ask("GET", `/connections/${connection_id}/links`)).toBe(404);
    expect(await ask("GET", `/links/${id}`)).toBe(404);
    for (const deed of ["look", "retry", "settle"])
      expect(await ask("POST", `/links/${id}/${deed}`)).toBe(404);
    expect((await browser.open(`${house.url}/links/lnk_none`)).status).toBe(404);
    expect((await browser.open(`${house.url}/links/..%2f`)).status).toBe(404);
  });

  it("come fifty at a time, and by their state", async () => {
    const { store } = house.hall;
    const like = (await store.links.list("local"))[0]!;
    for (let n = 0; n < 60; n++) {
      const failed: Partial<LinkRow> = { state: "failed", issue_id: null, sealed_content: null };
      await store.links.insert({ ...like, ...failed, id: `lnk_many${n}`, idea_id: `many-${n}` });
    }
    const first = await list("?state=failed");
    const rows = (html: string) => html.match(/<tr role="row"><td/g)?.length;
    expect(rows(first.html)).toBe(50);
    expect(first.html).toContain('aria-label="Retry: many-');
    const second = await browser.follow(first, "Next page");
    expect(rows(second.html)).toBe(10);
    expect(second.html).not.toContain(">In step</span>");
    expect((await browser.follow(second, "First page")).url).toBe(first.url);
    expect((await list("?state=nonsense&after=%27")).status).toBe(200);
  });
});
