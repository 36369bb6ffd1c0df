/** The gateway on real ground: listening on loopback, over a real vault, real dances and a real sandbox Jira. */
import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Connect, createConnect } from "../../src/connect/index.ts";
import { createGateway, type Gateway, type GatewayParts } from "../../src/gateway/index.ts";
import { createHandles, createUseLog, type Handles } from "../../src/handles/index.ts";
import { createJira, type Jira } from "../../src/jira/index.ts";
import type { Flavor } from "../../src/protocol/index.ts";
import { createRecorder, type Recorder } from "../../src/recorder/index.ts";
import type { SandboxOptions } from "../../src/sandbox/index.ts";
import { type Browser, createBrowser, type Page } from "../connect/browser.ts";
import { type Hall, openHall, registrationInput } from "../connect/hall.ts";

export const FLAVORS: readonly Flavor[] = ["cloud", "datacenter-oauth2", "datacenter-oauth1"];
export const IDS: Readonly<Record<Flavor, string>> = {
  cloud: "cloud",
  "datacenter-oauth2": "dc2",
  "datacenter-oauth1": "dc1",
};

export type House = {
  readonly hall: Hall;
  readonly connect: Connect;
  readonly handles: Handles;
  readonly gateway: Gateway;
  readonly recorder: Recorder;
  /** `http://localhost:PORT` */
  readonly url: string;
  close(): Promise<void>;
};

export type HouseOptions = {
  readonly sandbox?: SandboxOptions;
  readonly parts?: Partial<GatewayParts>;
  /** Which registrations exist; default all three. */
  readonly flavors?: readonly Flavor[];
};

export async function openHouse(options: HouseOptions = {}): Promise<House> {
  const hall = await openHall(options.sandbox);
  const ready: { gateway?: Gateway } = {};
  const server = createServer((request, response) => ready.gateway!.listener(request, response));
  const url = `http://localhost:${await listen(server)}`;
  const flavors = options.flavors ?? FLAVORS;
  const callback = (id: string) => `${url}/callback/${id}`;
  await hall.sandbox.control.register({
    redirect_uris: [...Object.values(IDS).map(callback), `${url}/callback`],
  });
  for (const flavor of flavors) {
    await hall.vault.registrations.add({
      ...registrationInput(hall, flavor),
      title: `Sandbox ${flavor}`,
      redirect_uri: callback(IDS[flavor]),
    });
  }
  const connect = createConnect({
    ...hall,
    random: randomBytes,
    callbackUrl: callback,
    application: "Idea Board",
  });
  const uses = createUseLog({ ...hall, random: randomBytes });
  const handles = createHandles({ store: hall.store, now: hall.now, random: randomBytes, uses });
  const recorder = createRecorder({ ...hall, random: randomBytes });
  const parts: GatewayParts = {
    ...hall,
    connect,
    handles,
    random: randomBytes,
    public_url: url,
    application: "Idea Board",
    jiraFor: (owner, id) => jiraFor(hall, recorder, owner, id),
    recorder,
    ...options.parts,
  };
  ready.gateway = createGateway(parts);
  return {
    hall,
    connect,
    handles,
    gateway: ready.gateway,
    recorder,
    url,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await uses.close();
      await recorder.close();
      await hall.close();
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

/** The authenticated client of one connection. */
export async function jiraFor(hall: Hall, recorder: Recorder, owner: string, id: string): Promise<Jira> {
  const connection = await hall.vault.connections.get(owner, id);
  return createJira({
    flavor: connection.flavor,
    api_base_url: connection.site.api_base_url,
    site_url: connection.site.url,
    credentials: {
      current: () => hall.vault.credentialFor(owner, id),
      rejected: (token) => hall.vault.rejected(owner, id, token),
    },
    transport: hall.transport,
    now: hall.now,
    random: randomBytes,
    wait: async () => {},
    onFailed: (call) => recorder.failed({ connection }, call),
    onAnswer: (status) => hall.vault.connections.touch(id, status),
  });
}

export function newBrowser(): Browser {
  return createBrowser();
}

export type Decision = {
  readonly user?: string;
  readonly press?: "approve" | "deny";
  readonly sites?: string;
};

/** Presses Connect for one registration, signs in at Jira, decides there, and returns where that ends. */
export async function walk(
  house: House,
  browser: Browser,
  flavor: Flavor,
  decision: Decision = {},
): Promise<Page> {
  const home = await browser.open(`${house.url}/connect`);
  const form = home.forms.findIndex((one) =>
    one.fields.some(([name, value]) => name === "registration" && value === IDS[flavor]),
  );
  return decideAt(browser, await browser.submit(home, { form }), decision);
}

/** Signs in where Jira asks, and decides on its consent page. */
export async function decideAt(browser: Browser, from: Page, decision: Decision = {}): Promise<Page> {
  const { user = "alana", press = "approve", sites = "acme" } = decision;
  let page = from;
  if (page.forms.some((form) => form.names.includes("username"))) {
    page = await browser.submit(page, { fields: { username: user, password: user }, form: "login" });
  }
  return browser.submit(page, { button: press, fields: cloudSite(page, sites) });
}

function cloudSite(page: Page, site: string): Record<string, string> {
  const form = page.forms.find((one) => one.names.includes("cloud_id"));
  if (!form) return {};
  const ids = (form.options.get("cloud_id") ?? []).filter((id) => id !== "");
  const named = ids.find((id) =>
    page.html
      .slice(page.html.indexOf(`value="${id}"`))
      .slice(0, 400)
      .includes(site),
  );
  return { cloud_id: named ?? ids[0] ?? "" };
}
