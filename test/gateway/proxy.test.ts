import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Flavor } from "../../src/protocol/index.ts";
import type { Connection } from "../../src/vault/index.ts";
import { EVERYTHING, FLAVORS, openStage, SKINS, type Stage } from "./proxy-stage.ts";

let stage: Stage;
const connections = new Map<Flavor, Connection>();
let key: string;

beforeAll(async () => {
  stage = await openStage();
  for (const flavor of FLAVORS) connections.set(flavor, await stage.connect(flavor));
  key = await stage.key([...connections.values()]);
});
afterAll(() => stage.close());

const version = (flavor: Flavor) => (flavor === "cloud" ? 3 : 2);
const requestsAt = (part: string) =>
  stage.hall.sandbox.control.requests().filter(({ path }) => path.includes(part));

describe.each(SKINS)("the proxy, %s skin, before a sandbox Jira", (skin) => {
  const call = (flavor: Flavor, path: string, init: RequestInit = {}, bearer = key) =>
    fetch(`${stage.skins[skin]}/jira/${connections.get(flavor)!.id}${path}`, {
      redirect: "manual",
      ...init,
      headers: { authorization: `Bearer ${bearer}`, ...init.headers },
    });
  const json = { "content-type": "application/json" };

  describe.each(FLAVORS)("%s", (flavor) => {
    const api = `/rest/api/${version(flavor)}`;

    it("reads an issue as the person who connected", async () => {
      const me = await call(flavor, `${api}/myself`);
      expect(await me.json()).toMatchObject({ displayName: expect.stringMatching(/alana/i) });
      const issue = await call(flavor, `${api}/issue/JJ-2?fields=summary`);
      expect(issue.status).toBe(200);
      expect(issue.headers.get("content-type")).toContain("application/json");
      expect(await issue.json()).toMatchObject({ key: "JJ-2" });
    });

    it("sends one write, and passes Jira's 201 and 204 on", async () => {
      const body = flavor === "cloud" ? adf("by proxy") : "by proxy";
      const made = await call(flavor, `${api}/issue/JJ-2/comment`, {
        method: "POST",
        headers: json,
        body: JSON.stringify({ body }),
      });
      expect(made.status).toBe(201);
      const { id } = (await made.json()) as { id: string };
      const gone = await call(flavor, `${api}/issue/JJ-2/comment/${id}`, { method: "DELETE" });
      expect(gone.status).toBe(204);
      expect(await gone.text()).toBe("");
      expect(gone.headers.get("content-length")).toBeNull();
    });

    it("answers HEAD with the head alone", async () => {
      const head = await call(flavor, `${api}/issue/JJ-2`, { method: "HEAD" });
      expect(head.status).toBe(200);
      expect(await head.text()).toBe("");
    });

    it("passes Jira's own refusal on as it is", async () => {
      const missing = await call(flavor, `${api}/issue/JJ-99999`);
      expect(missing.status).toBe(404);
      expect(await missing.json()).toMatchObject({ errorMessages: [expect.any(String)] });
    });

    it("drops cookies and challenges of the answer, and lets nothing in it run under our name", async () => {
      stage.hall.sandbox.control.faults({
        match: { path: "*/myself", times: 1 },
        status: 200,
        headers: {
          "set-cookie": ["a=1", "b=2"],
          "www-authenticate": "OAuth realm=x",
          location: "/x",
          etag: '"1"',
        },
        body: "<script>alert(1)</script>",
      });
      const answer = await call(flavor, `${api}/myself`);
      expect(answer.headers.getSetCookie()).toEqual([]);
      for (const name of ["www-authenticate", "location", "server", "x-ausername", "x-asessionid"])
        expect(answer.headers.get(name), name).toBeNull();
      expect(answer.headers.get("etag")).toBe('"1"');
      expect(answer.headers.get("content-security-policy")).toBe(
        "default-src 'none'; frame-ancestors 'none'; sandbox",
      );
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(answer.headers.get("x-request-id")).toMatch(/^[\w-]{12}$/);
    });

    it("cuts the caller off where Jira's answer broke off", async () => {
      stage.hall.sandbox.control.faults({ match: { path: "*/issue/JJ-2", times: 1 }, cut: 20 });
      const reading = call(flavor, `${api}/issue/JJ-2`).then((answer) => answer.text());
      await expect(reading).rejects.toThrow();
    });

    it("tells a connection that is not the handle's, or not the owner's, nothing but 404", async () => {
      const own = connections.get(flavor)!;
      const others = await stage.connect(flavor, "somebody-else");
      const url = (id: string) => `${stage.skins[skin]}/jira/${id}${api}/myself`;
      const ask = async (id: string, bearer: string) => {
        const answer = await fetch(url(id), { headers: { authorization: `Bearer ${bearer}` } });
        const { instance: _, ...problem } = (await answer.json()) as Record<string, unknown>;
        return { status: answer.status, problem };
      };
      const foreign = await ask(others.id, key);
      expect(foreign).toMatchObject({ status: 404, problem: { code: "not_found" } });
      expect(await ask("con_0000000000000000000000", key)).toEqual(foreign);
      const theirs = await stage.key([others], EVERYTHING, "somebody-else");
      expect(await ask(own.id, theirs)).toEqual(foreign);
      expect((await ask(others.id, theirs)).status).toBe(200);
    });
  });

  it("signs a form into OAuth 1.0a, and the sandbox verifies it", async () => {
    const connection = connections.get("datacenter-oauth1")!;
    const before = requestsAt("/rest/api/2/search").length;
    const answer = await call("datacenter-oauth1", "/rest/api/2/search?a=b%20c&a=%C3%A9", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "jql=project+%3D+JJ&note=%C3%A4%2B%26",
    });
    const [seen] = requestsAt("/rest/api/2/search").slice(before);
    expect(seen?.reason ?? "", JSON.stringify(seen)).not.toMatch(/signature/);
    expect(answer.status).not.toBe(502);
    expect((await stage.hall.vault.connections.get("local", connection.id)).state).toBe("active");
  });

  it("names a missing scope without trying another token", async () => {
    const before = requestsAt("/oauth/token").length;
    const answer = await call("cloud", "/rest/servicedeskapi/servicedesk");
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({
      code: "scope_missing",
      fix: expect.stringContaining("read:servicedesk-request"),
    });
    expect(requestsAt("/oauth/token").length).toBe(before);
  });

  it("notes each use by the shape of its path, never by what stands in it", async () => {
    const { id } = connections.get("cloud")!;
    await call("cloud", "/rest/api/3/issue/JJ-2").then((answer) => answer.text());
    await expect
      .poll(async () => (await stage.hall.store.uses.list("local", { limit: 1 }))[0])
      .toMatchObject({
        connection_id: id,
        method: "GET",
        path_template: "/rest/api/3/issue/{id}",
        status: 200,
        bytes_out: expect.any(Number),
      });
  });

  it("notes each refusal with its handle and code; of a stranger nothing but that one knocked", async () => {
    const { id } = connections.get("cloud")!;
    await call("cloud", "/rest/pat/latest/tokens").then((answer) => answer.text());
    await fetch(`${stage.skins.node}/jira/${id}/rest/api/3/typed-by-a-stranger`, {
      headers: { authorization: `Bearer lk_${"x".repeat(43)}` },
    }).then((answer) => answer.text());
    const refused = async () =>
      (await stage.hall.store.uses.listForOperator(9)).filter(({ kind }) => kind === "refused");
    await expect.poll(async () => (await refused())[0]?.handle_id).toBe("");
    const [stranger, known] = await refused();
    expect(stranger).toMatchObject({ handle_id: "", owner: "", connection_id: "", method: "", status: 401 });
    expect(stranger).toMatchObject({ code: "unauthenticated", path_template: "" });
    expect(known).toMatchObject({ owner: "local", connection_id: id, method: "GET", code: "path_refused" });
    expect(known?.handle_id).toMatch(/^hdl_/);
  });
});

function adf(text: string) {
  return { type: "doc", version: 1, content: [{ type: "paragraph", content: [{ type: "text", text }] }] };
}
