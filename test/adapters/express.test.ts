import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expressHandler } from "../../src/adapters/express.ts";
import { createGateway } from "../../src/gateway/index.ts";
import { EVERYTHING, openStage, type Stage } from "../gateway/proxy-stage.ts";

let stage: Stage;
let server: Server;
let url: string;

beforeAll(async () => {
  stage = await openStage();
  const app = express();
  const mounted: { gateway?: ReturnType<typeof createGateway> } = {};
  app.use("/latch", (request, response) => expressHandler(mounted.gateway!)(request, response));
  server = await new Promise<Server>((done) => {
    const listening = app.listen(0, "127.0.0.1", () => done(listening));
  });
  url = `http://localhost:${(server.address() as AddressInfo).port}/latch`;
  mounted.gateway = createGateway({
    ...stage.hall,
    handles: stage.handles,
    random: randomBytes,
    public_url: url,
    jiraFor: () => Promise.reject(new Error("not asked for here")),
  });
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await stage.close();
});

describe("mounted in Express", () => {
  it("serves pages, API and proxy below its path", async () => {
    const { connection } = await stage.upstream((request, response) => response.end(`asked ${request.url}`));
    const key = await stage.key([connection], { ...EVERYTHING, api: "read" });
    const headers = { authorization: `Bearer ${key}` };
    const proxied = await fetch(`${url}/jira/${connection.id}/rest/api/2/myself`, { headers });
    expect(await proxied.text()).toBe("asked /jira/rest/api/2/myself");
    const listed = await fetch(`${url}/api/v1/connections/${connection.id}`, { headers });
    expect(await listed.json()).toMatchObject({ proxy_url: `${url}/jira/${connection.id}` });
    const page = await fetch(`${url}/`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('"/latch/assets/');
  });

  it("cuts the caller off where Jira's answer broke off, with no word of its own in the body", async () => {
    const { connection } = await stage.upstream((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"issues": [', () => response.destroy());
    });
    const headers = { authorization: `Bearer ${await stage.key([connection])}` };
    const reading = fetch(`${url}/jira/${connection.id}/rest/api/2/search`, { headers });
    await expect(reading.then((answer) => answer.text())).rejects.toThrow();
  });
});
