import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunningSandbox } from "../../src/sandbox/index.ts";
import { type Client, cloudAs, dataCenterAs, enc, start } from "./rest-client.ts";

let sandbox: RunningSandbox;
let dc: Client;
let cloud: Client;
beforeAll(async () => {
  sandbox = await start();
  dc = dataCenterAs(sandbox, "alana");
  cloud = cloudAs(sandbox, "alana");
});
afterAll(() => sandbox.stop());

const names = [
  "constructor",
  "__proto__",
  "toString",
  "hasOwnProperty",
  "%00",
  "é",
  "JJ-",
  "-1",
  "9".repeat(400),
  "a/b",
  "JJ-2 ",
  "<script>",
];
const places = [
  "/rest/api/2/issue/{}",
  "/rest/api/2/issue/{}/comment",
  "/rest/api/2/issue/JJ-2/comment/{}",
  "/rest/api/2/issue/JJ-2/worklog/{}",
  "/rest/api/2/issue/JJ-2/remotelink/{}",
  "/rest/api/2/issue/JJ-2/properties/{}",
  "/rest/api/2/issue/createmeta/{}/issuetypes",
  "/rest/api/2/issueLink/{}",
  "/rest/api/2/issueLinkType/{}",
  "/rest/api/2/project/{}",
  "/rest/api/2/project/{}/statuses",
  "/rest/api/2/component/{}",
  "/rest/api/2/version/{}",
  "/rest/api/2/status/{}",
  "/rest/api/2/priority/{}",
  "/rest/api/2/filter/{}",
  "/rest/api/2/attachment/{}",
  "/rest/api/2/user?username={}",
  "/rest/api/2/user?accountId={}",
  "/rest/agile/1.0/board/{}",
  "/rest/agile/1.0/sprint/{}/issue",
  "/rest/servicedeskapi/servicedesk/{}",
  "/rest/servicedeskapi/servicedesk/1/requesttype/{}",
  "/rest/servicedeskapi/request/{}",
];

it.each(places)("%s answers an odd name with a refusal, never by failing", async (place) => {
  for (const name of names) {
    for (const client of [dc, cloud]) {
      const { status, text } = await client.get(place.replace("{}", enc(name)));
      expect([400, 404], `${name}: ${text}`).toContain(status);
    }
  }
});

it("answers any JSON that is written with an answer of its own", async () => {
  const leaf = fc.oneof(
    fc.string({ maxLength: 6 }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom("JJ", "JJ-2", "1", "Bug"),
  );
  const key = fc.constantFrom(
    ..."fields update project key id name issuetype summary description labels add remove set comment body parent transition worklog timeSpent globalId object url title type content doc version jql expand maxResults nextPageToken public requestFieldValues serviceDeskId requestTypeId __proto__ constructor accountId assignee issuelinks components ids issueIdsOrKeys fieldIds changelogIds properties value accountIds to users groups additionalComment temporaryAttachmentIds customfield_10003 customfield_10020 child timeSpentSeconds started issueUpdates".split(
      " ",
    ),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(key, tie("tree"), { maxKeys: 4 }),
    ),
  }));
  const target = fc.constantFrom<readonly ["post" | "put", string]>(
    ["post", "/rest/api/2/issue"],
    ["post", "/rest/api/3/issue"],
    ["put", "/rest/api/3/issue/JJ-1"],
    ["put", "/rest/api/2/issue/JJ-1"],
    ["post", "/rest/api/3/issue/JJ-1/comment"],
    ["post", "/rest/api/3/issue/JJ-1/worklog"],
    ["post", "/rest/api/2/issue/JJ-1/remotelink"],
    ["post", "/rest/api/2/issue/JJ-1/transitions"],
    ["post", "/rest/api/2/issueLink"],
    ["post", "/rest/api/2/issue/JJ-1/watchers"],
    ["post", "/rest/api/3/search/jql"],
    ["post", "/rest/api/3/issue/bulk"],
    ["post", "/rest/api/3/issue/bulkfetch"],
    ["post", "/rest/servicedeskapi/request"],
    ["post", "/rest/servicedeskapi/request/HELP-1/comment"],
    ["post", "/rest/servicedeskapi/request/HELP-1/participant"],
    ["post", "/rest/servicedeskapi/request/HELP-1/attachment"],
    ["post", "/rest/api/3/worklog/list"],
    ["post", "/rest/api/3/changelog/bulkfetch"],
    ["post", "/rest/api/3/issue/JJ-1/changelog/list"],
    ["post", "/rest/api/3/issue/JJ-1/notify"],
    ["post", "/rest/api/3/issue/JJ-1/attachments"],
    ["put", "/rest/api/3/issue/JJ-1/properties/x"],
    ["post", "/rest/webhooks/1.0/webhook"],
  );
  const body = fc.dictionary(key, tree, { maxKeys: 5 });
  await fc.assert(
    fc.asyncProperty(target, body, async ([method, path], value) => {
      const { status, text } = await cloud[method](path, value);
      expect(status, text).toBeLessThan(500);
      expect(text).not.toContain("{base}");
    }),
    { numRuns: 600 },
  );
});

it("refuses a document nested too deeply", async () => {
  const depth = 60_000;
  const body = `{"body":{"type":"doc","version":1,"content":[${'{"type":"panel","content":['.repeat(depth)}${"]}".repeat(depth)}]}}`;
  const { status } = await cloud.post("/rest/api/3/issue/JJ-1/comment", body);
  expect(status).toBe(400);
});

it("keeps reading after all of this", async () => {
  expect((await cloud.get("/rest/api/3/issue/JJ-1?expand=renderedFields,changelog")).status).toBe(200);
  expect((await cloud.get(`/rest/api/3/search/jql?jql=${enc("project = JJ")}&fields=*all`)).status).toBe(200);
  expect((await dc.get("/rest/api/2/search?fields=*all&maxResults=1000")).status).toBe(200);
});
