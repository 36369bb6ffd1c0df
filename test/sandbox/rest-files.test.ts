import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningSandbox } from "../../src/sandbox/index.ts";
import { cloudBrowser } from "./auth-cloud-client.ts";
import { type Client, cloudAs, dataCenterAs, enc, start } from "./rest-client.ts";

let sandbox: RunningSandbox;
let dc: Client;
let cloud: Client;
const bytes = Uint8Array.from({ length: 300 }, (_, index) => index % 256);
beforeAll(async () => {
  sandbox = await start({ switches: { attachment_limit_bytes: "1000" } });
  dc = dataCenterAs(sandbox, "alana");
  cloud = cloudAs(sandbox, "alana");
});
afterAll(() => sandbox.stop());

function form(
  ...files: Array<readonly [name: string, content: Uint8Array<ArrayBuffer>, type?: string]>
): FormData {
  const made = new FormData();
  for (const [name, content, type = "application/octet-stream"] of files)
    made.append("file", new Blob([content], { type }), name);
  return made;
}

describe("attachments", () => {
  it("are taken as multipart with the XSRF header, described, and stand in the issue and its history", async () => {
    for (const client of [dc, cloud]) {
      const sent = await client.upload(
        "/rest/api/2/issue/JJ-1/attachments",
        form(['naïve "file".bin', bytes], ["b.png", bytes, "image/png"]),
      );
      expect(sent.status).toBe(200);
      expect(sent.body).toMatchObject([
        { filename: 'naïve "file".bin', size: 300, mimeType: "application/octet-stream" },
        { filename: "b.png", mimeType: "image/png", thumbnail: expect.any(String) },
      ]);
      const [first] = sent.body;
      expect(first.author.displayName).toBe("Alana Example");
      const alone = (await client.get(`/rest/api/2/attachment/${first.id}`)).body;
      expect(alone).toEqual({ ...first, id: client === cloud ? Number(first.id) : first.id });
      const { fields, changelog } = (await client.get("/rest/api/2/issue/JJ-1?expand=changelog")).body;
      expect(fields.attachment.map((one: { id: string }) => one.id)).toContain(first.id);
      expect(changelog.histories[0].items[0]).toMatchObject({ field: "Attachment", toString: "b.png" });
    }
  });

  it("are refused without the header, without a form, without a file, when too large, and on no issue", async () => {
    const path = "/rest/api/2/issue/JJ-1/attachments";
    const small = form(["a.txt", bytes]);
    const refused = await dc.upload(path, small, {});
    expect([refused.status, refused.text]).toEqual([403, "XSRF check failed"]);
    expect((await dc.post(path, {}, { "x-atlassian-token": "no-check" })).status).toBe(415);
    const wrong = new FormData();
    wrong.append("attachment", new Blob([bytes]), "a.txt");
    expect((await cloud.upload(path, wrong)).status).toBe(400);
    const large = form(["large", new Uint8Array(1001)]);
    expect((await cloud.upload(path, large)).status).toBe(413);
    expect((await dc.upload(path, large)).status).toBe(404);
    expect((await cloud.upload("/rest/api/2/issue/JJ-99999/attachments", small)).status).toBe(404);
    expect((await cloud.get("/rest/api/3/attachment/meta")).body).toEqual({
      enabled: true,
      uploadLimit: 1000,
    });
  });

  it("send Cloud callers on to a signed address, or give the bytes and ranges of them directly", async () => {
    const [{ id }] = (await cloud.upload("/rest/api/3/issue/JJ-1/attachments", form(["a.bin", bytes]))).body;
    const path = `/rest/api/3/attachment/content/${id}`;
    const sent = await cloud.get(path);
    expect(sent.status).toBe(303);
    const media = sent.headers.get("location") ?? "";
    const read = await fetch(media);
    expect(new Uint8Array(await read.arrayBuffer())).toEqual(bytes);
    expect((await fetch(media.replace(/token=./, "token=_"))).status).toBe(403);
    sandbox.control.advance(601);
    expect((await fetch(media)).status).toBe(403);
    const range = async (header: string): Promise<unknown[]> => {
      const answer = await cloud.get(`${path}?redirect=false`, { range: header });
      return [answer.status, answer.headers.get("content-range"), answer.headers.get("content-length")];
    };
    expect(await range("bytes=0-9")).toEqual([206, "bytes 0-9/300", "10"]);
    expect(await range("bytes=290-")).toEqual([206, "bytes 290-299/300", "10"]);
    expect(await range("bytes=-5")).toEqual([206, "bytes 295-299/300", "5"]);
    expect(await range("bytes=300-")).toEqual([416, "bytes */300", "0"]);
    expect((await range("lines=1-2"))[0]).toBe(400);
    const point = await cloud.get(`/rest/api/3/attachment/thumbnail/${id}`);
    expect(point.headers.get("content-type")).toBe("image/png");
    const none = await cloud.get(`/rest/api/3/attachment/thumbnail/${id}?fallbackToDefault=false`);
    expect(none.status).toBe(404);
  });

  it("lie at their content address on Data Center, for who may see the issue", async () => {
    const [{ content }] = (await dc.upload("/rest/api/2/issue/JJ-1/attachments", form(["a b.bin", bytes])))
      .body;
    const path = content.slice(dc.base.length);
    expect(path).toMatch(/^\/secure\/attachment\/\d+\/a%20b\.bin$/);
    expect((await dc.get(path, { range: "bytes=1-2" })).headers.get("content-range")).toBe("bytes 1-2/300");
    expect((await dataCenterAs(sandbox).get(path)).status).toBe(404);
    const [picture] = (
      await dc.upload("/rest/api/2/issue/JJ-1/attachments", form(["p.png", bytes, "image/png"]))
    ).body;
    const small = await dc.get(picture.thumbnail.slice(dc.base.length));
    expect([small.status, small.headers.get("content-type")]).toEqual([200, "image/png"]);
  });

  it("are deleted by who made them and by administrators", async () => {
    const [{ id }] = (await cloud.upload("/rest/api/3/issue/JJ-1/attachments", form(["a", bytes]))).body;
    const path = `/rest/api/3/attachment/${id}`;
    expect((await cloudAs(sandbox, "william").delete(path)).status).toBe(403);
    expect((await cloudAs(sandbox, "admin").delete(path)).status).toBe(204);
    expect((await cloud.get(path)).status).toBe(404);
    expect((await cloud.get(`/rest/api/3/attachment/content/${id}`)).status).toBe(404);
  });
});

describe("files of customer requests", () => {
  it("are left with the desk first, then put on a request with a comment", async () => {
    const [desk] = (await cloud.get("/rest/servicedeskapi/servicedesk")).body.values;
    const [request] = (await cloud.get("/rest/servicedeskapi/request?requestOwnership=ALL_REQUESTS")).body
      .values;
    const kept = await cloud.upload(
      `/rest/servicedeskapi/servicedesk/${desk.id}/attachTemporaryFile`,
      form(["log.txt", bytes, "text/plain"]),
    );
    expect(kept.status).toBe(201);
    const [{ temporaryAttachmentId, fileName }] = kept.body.temporaryAttachments;
    expect(fileName).toBe("log.txt");
    const path = `/rest/servicedeskapi/request/${request.issueKey}/attachment`;
    const body = { temporaryAttachmentIds: [temporaryAttachmentId], public: false };
    expect((await cloud.post(path, { ...body, public: undefined })).status).toBe(400);
    const put = await cloud.post(path, body);
    expect(put.status).toBe(201);
    expect(put.body.comment).toMatchObject({ body: "[^log.txt]", public: false });
    expect(put.body.attachments.values[0]).toMatchObject({ filename: "log.txt", size: 300 });
    expect((await cloud.post(path, body)).status).toBe(400);
    const comments = `/rest/servicedeskapi/request/${request.issueKey}/comment`;
    const bodies = async (query: string): Promise<string[]> =>
      (await cloud.get(`${comments}?${query}`)).body.values.map((one: { body: string }) => one.body);
    expect(await bodies("internal=false")).not.toContain("[^log.txt]");
    expect(await bodies("public=false")).toContain("[^log.txt]");
  });
});

describe("the issue page", () => {
  it("shows what hangs on an issue: links, files that can be fetched, work, properties and history", async () => {
    const browser = await cloudBrowser(sandbox);
    const fields = { project: { key: "JJ" }, issuetype: { id: "1" }, summary: "shown" };
    const { key } = (await cloud.post("/rest/api/2/issue", { fields })).body;
    const path = `/rest/api/2/issue/${key}`;
    await cloud.upload(`${path}/attachments`, form(["<b>.txt", bytes, "text/plain"]));
    await cloud.post(`${path}/worklog`, { timeSpent: "2h", comment: "<i>sanded</i>" });
    await cloud.put(`${path}/properties/idea`, { id: "<u>7" });
    await cloud.post(`${path}/remotelink`, { object: { url: "https://ideas.example/7", title: "Idea 7" } });
    const link = { type: { name: "Blocks" }, inwardIssue: { key }, outwardIssue: { key: "JJ-1" } };
    await cloud.post("/rest/api/2/issueLink", link);
    const { body } = await browser.get(`${cloud.base}/browse/${key}`);
    for (const heading of ["Links", "Linked issues", "Attachments", "Work log", "Properties", "History"])
      expect(body).toContain(`<h2>${heading}</h2>`);
    for (const text of ["Idea 7", "/browse/JJ-1", "300 bytes", "2h", "timespent", "Attachment"])
      expect(body).toContain(text);
    expect(body).not.toMatch(/<b>|<i>|<u>/);
    const address = /href="([^"]*\/secure\/attachment\/[^"]*)"/.exec(body)?.[1] ?? "";
    const file = await browser.get(new URL(address, cloud.base).href);
    expect([file.status, file.headers.get("content-length")]).toEqual([200, "300"]);
    const found = await cloud.get(`/rest/api/3/search/jql?jql=${enc("issue in issueHistory()")}&fields=key`);
    expect(found.body.issues).toMatchObject([{ key }]);
  });
});
