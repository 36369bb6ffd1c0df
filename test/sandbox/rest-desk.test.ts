import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningSandbox } from "../../src/sandbox/index.ts";
import { type Any, type Client, cloudAs, dataCenterAs, doc, start } from "./rest-client.ts";

const DESK = "/rest/servicedeskapi";

let sandbox: RunningSandbox;
let cloud: Client;
beforeAll(async () => {
  sandbox = await start();
  cloud = cloudAs(sandbox, "alana");
});
afterAll(() => sandbox.stop());

describe("service desks", () => {
  it("are found by every form of their id", async () => {
    const page = (await cloud.get(`${DESK}/servicedesk`)).body;
    expect(page).toMatchObject({ start: 0, limit: 50, isLastPage: true, size: page.values.length });
    const desk = page.values.find((one: { projectKey: string }) => one.projectKey === "HELP");
    for (const id of [
      desk.id,
      "HELP",
      `serviceDeskId:${desk.id}`,
      "projectKey:HELP",
      `projectId:${desk.projectId}`,
    ]) {
      expect((await cloud.get(`${DESK}/servicedesk/${id}`)).body).toEqual(desk);
    }
    expect(desk._links.self).toBe(`${cloud.base}${DESK}/servicedesk/${desk.id}`);
    const missing = await cloud.get(`${DESK}/servicedesk/999`);
    expect(missing.status).toBe(404);
    expect(missing.body).toEqual({
      errorMessage: "The Service Desk you are trying to view does not exist.",
      i18nErrorMessage: { i18nKey: "sd.rest.error", parameters: [] },
    });
  });

  it("page with start and limit, and lower a limit that is too high", async () => {
    const first = (await cloud.get(`${DESK}/servicedesk/HELP/requesttype?limit=1`)).body;
    expect(first).toMatchObject({ size: 1, start: 0, limit: 1, isLastPage: false });
    expect(first._links.next).toContain("start=1");
    expect((await cloud.get(`${DESK}/servicedesk/HELP/requesttype?limit=5000`)).body.limit).toBe(50);
    const form = (await cloud.get(`${DESK}/servicedesk/HELP/requesttype/${first.values[0].id}/field`)).body;
    expect(form.requestTypeFields.map((field: { fieldId: string }) => field.fieldId)).toContain("summary");
  });

  it("ask for opting in where a method is an experiment", async () => {
    const refused = await cloud.get(`${DESK}/requesttype`);
    expect([refused.status, typeof refused.body.errorMessage]).toEqual([412, "string"]);
    const taken = await cloud.get(`${DESK}/requesttype`, { "X-ExperimentalApi": "opt-in" });
    expect(taken.body.values.length).toBeGreaterThan(1);
  });
});

describe("requests", () => {
  const raise = (values: Record<string, unknown>, extra: Record<string, unknown> = {}): Promise<Any> =>
    cloud.post(`${DESK}/request`, {
      serviceDeskId: "1",
      requestTypeId: "1",
      requestFieldValues: values,
      ...extra,
    });

  it("are raised, commented on, moved on and listed", async () => {
    const made = await raise({ summary: "No picture", description: "The *screen* stays dark." });
    expect(made.status, made.text).toBe(201);
    const { issueKey, issueId } = made.body;
    expect(made.body).toMatchObject({
      requestTypeId: "1",
      serviceDeskId: "1",
      summary: "No picture",
      reporter: { displayName: "Alana Example" },
      currentStatus: { status: "Waiting for support", statusCategory: "NEW" },
    });
    expect(made.body.createdDate.epochMillis).toBeGreaterThan(0);
    expect(
      (await cloud.get(`/rest/api/3/issue/${issueKey}`)).body.fields.description.content[0].content[1].marks,
    ).toEqual([{ type: "strong" }]);

    const path = `${DESK}/request/${issueKey}`;
    expect((await cloud.post(`${path}/comment`, { body: "hello" })).status).toBe(400);
    const comment = await cloud.post(`${path}/comment`, { body: "hello", public: false });
    expect([comment.status, comment.body.public]).toEqual([201, false]);
    await cloud.post(`${path}/comment`, { body: "to all", public: true });
    const shown = (await cloud.get(`${path}/comment?internal=false`)).body.values;
    expect(shown.map((one: { body: string }) => one.body)).toEqual(["to all"]);

    const steps = (await cloud.get(`${path}/transition`)).body.values;
    expect(steps[0]).toEqual({ id: "851", name: "Respond to customer" });
    expect(
      (await cloud.post(`${path}/transition`, { id: "851", additionalComment: { body: "over to you" } }))
        .status,
    ).toBe(204);
    const statuses = (await cloud.get(`${path}/status`)).body.values;
    expect(statuses.map((one: { status: string }) => one.status)).toEqual([
      "Waiting for customer",
      "Waiting for support",
    ]);

    const mine = (
      await cloud.get(`${DESK}/request?requestStatus=OPEN_REQUESTS&expand=requestType&expand=status`)
    ).body;
    expect(mine.values[0]).toMatchObject({ issueId, requestType: { id: "1" }, status: { size: 2 } });
    expect((await cloud.get(path)).body.issueId).toBe(issueId);
  });

  it("take documents only when they say so", async () => {
    expect((await raise({ summary: "s", description: doc("d") }, { isAdfRequest: true })).status).toBe(201);
    expect((await raise({ summary: "s", description: doc("d") })).status).toBe(400);
    expect((await raise({ summary: "s", description: "d" }, { isAdfRequest: true })).status).toBe(400);
  });

  it.each([
    ["a required field is missing", {}, {}],
    ["a field is not on the form", { summary: "s", environment: "e" }, {}],
    ["the desk does not exist", { summary: "s" }, { serviceDeskId: "77" }],
    ["the request type does not exist", { summary: "s" }, { requestTypeId: "77" }],
    ["a participant does not exist", { summary: "s" }, { requestParticipants: ["nobody"] }],
  ])("are refused when %s, in the desk's shape", async (_why, values, extra) => {
    const { status, body } = await raise(values, extra);
    expect(status).toBe(400);
    expect(Object.keys(body)).toEqual(["errorMessage", "i18nErrorMessage"]);
  });

  it("work on Data Center by user names, and not for nobody", async () => {
    const dc = dataCenterAs(sandbox, "william");
    const made = await dc.post(`${DESK}/request`, {
      serviceDeskId: "1",
      requestTypeId: "1",
      requestFieldValues: { summary: "keyboard" },
      requestParticipants: ["alana"],
    });
    expect(made.body.reporter).toMatchObject({ name: "william", key: "william" });
    const people = (await dc.get(`${DESK}/request/${made.body.issueKey}/participant`)).body;
    expect(people.values[0].name).toBe("alana");
    const crowd = `${DESK}/request/${made.body.issueKey}/participant`;
    expect((await dc.post(crowd, { usernames: ["maya"] })).body.size).toBe(2);
    expect((await dc.delete(crowd, { usernames: ["alana"] })).body.values).toMatchObject([{ name: "maya" }]);
    expect((await dc.delete(crowd, { usernames: ["alana"] })).status).toBe(400);
    expect((await dataCenterAs(sandbox).get(`${DESK}/request`)).status).toBe(401);
    expect((await dataCenterAs(sandbox).get(`${DESK}/info`)).status).toBe(200);
  });
});
