/** `/`, `/connect` and what follows until Jira has been asked. */
import type { Hono } from "hono";
import { explainFailure } from "../../connect/index.ts";
import { isLatchkeyError, LatchkeyError } from "../../errors.ts";
import type { Registration } from "../../vault/index.ts";
import { safeReturn } from "../addresses.ts";
import { field, readForm } from "../form.ts";
import { type Asked, choosePage, connectPage, noRegistrationPage } from "../pages/connect.ts";
import { homePage } from "../pages/home.ts";
import type { GatewayParts } from "../parts.ts";
import { chromeOf, render, seeOther } from "../render.ts";
import type { Env, Visit } from "../visit.ts";
import { depart } from "./depart.ts";

export function connectRoutes(app: Hono<Env>): void {
  app.get("/", (c) => home(c.get("visit")));
  app.get("/connect", (c) => {
    const query = new URL(c.req.url).searchParams;
    return page(c.get("visit"), {
      site: query.get("site")?.slice(0, 2048) ?? undefined,
      return_to: returnTo(c.get("visit"), query.get("return_to")),
    });
  });
  app.post("/connect", async (c) => connect(c.get("visit"), await readForm(c.req.raw)));
}

async function home(visit: Visit): Promise<Response> {
  const [connections, registrations] = await Promise.all([
    visit.parts.vault.connections.list(visit.owner),
    visit.registrations(),
  ]);
  const chrome = chromeOf(visit.house, visit.admin);
  return render(
    visit,
    homePage(chrome, {
      ...{ owner: visit.owner, now: visit.now, connections, registrations },
      exports: visit.parts.exports !== undefined,
      ...demoOf(visit),
    }),
  );
}

function demoOf({ parts }: Visit): Pick<GatewayParts, "demo"> {
  return parts.demo === undefined ? {} : { demo: parts.demo };
}

async function page(visit: Visit, asked: Asked, status = 200): Promise<Response> {
  const registrations = await visit.registrations();
  const chrome = chromeOf(visit.house, visit.admin);
  return render(visit, connectPage(chrome, { registrations, asked, owner: visit.owner, ...demoOf(visit) }), {
    status,
  });
}

/** A path of ours or an address whose origin the operator allowed; everything else is dropped. */
export function returnTo(visit: Visit, value: string | null | undefined): string | undefined {
  return safeReturn(value, visit.house.public_url.origin, visit.parts.return_origins ?? []);
}

async function connect(visit: Visit, form: URLSearchParams): Promise<Response> {
  const site = field(form, "site");
  const registration_id = field(form, "registration");
  const return_to = returnTo(visit, field(form, "return_to"));
  try {
    if (registration_id !== undefined) {
      const registration = await usable(visit, registration_id);
      return await start(visit, registration, { site, return_to });
    }
    if (site === undefined) {
      throw new LatchkeyError("bad_request", "No address was typed.", {
        fix: "Type the address of your Jira.",
      });
    }
    return await find(visit, site, return_to);
  } catch (error) {
    if (!isLatchkeyError(error) || error.code === "internal") throw error;
    return wrongAddress(visit, error, { site, return_to });
  }
}

/** A registration this owner may use, by its id; a foreign one does not exist. */
async function usable(visit: Visit, id: string): Promise<Registration> {
  const found = (await visit.registrations()).find((one) => one.id === id);
  if (!found) throw new LatchkeyError("registration_unknown");
  return found;
}

async function find(visit: Visit, site: string, return_to: string | undefined): Promise<Response> {
  const { connect: dances } = visit.parts;
  const discovery = await dances.discover({ owner: visit.owner, text: site, trust: trustOf(visit) });
  const [only, ...others] = discovery.registrations;
  const chrome = chromeOf(visit.house, visit.admin);
  if (only && others.length === 0) {
    return start(visit, only, { site: discovery.site.base_url, return_to });
  }
  if (only)
    return render(visit, choosePage(chrome, { discovery, typed: discovery.site.base_url, return_to }));
  if (discovery.needs_setup) {
    const query = new URLSearchParams({ site: discovery.site.base_url });
    if (discovery.site.version) query.set("version", discovery.site.version);
    return seeOther(visit.at(`/registrations/new?${query}`));
  }
  return render(visit, noRegistrationPage(discovery), { status: 404 });
}

/** What an administrator types may be private, as on the command line; what anybody else types may not. */
export function trustOf(visit: Visit): "operator" | "end-user" {
  return visit.admin ? "operator" : "end-user";
}

export async function start(
  visit: Visit,
  registration: Registration,
  input: {
    readonly site?: string | undefined;
    readonly return_to?: string | undefined;
    readonly reconnect?: string | undefined;
  },
): Promise<Response> {
  const { binding } = await visit.begin();
  const begun = await visit.parts.connect.begin({
    owner: visit.owner,
    registration_id: registration.id,
    binding,
    ...(input.site === undefined ? {} : { site_hint: input.site }),
    ...(input.return_to === undefined ? {} : { return_to: input.return_to }),
    ...(input.reconnect === undefined ? {} : { reconnect: input.reconnect }),
  });
  return depart(visit, begun, registration.flavor);
}

/** A dance that could not begin: back to the form, with what was wrong beside the field; or to the dance itself. */
async function wrongAddress(visit: Visit, error: LatchkeyError, asked: Asked): Promise<Response> {
  const { dance_id, registration_id } = error.details;
  if (typeof dance_id === "string") {
    const query = new URLSearchParams({ cause: error.code, dance: dance_id });
    if (typeof registration_id === "string") query.set("registration", registration_id);
    return seeOther(visit.at(`/connect/failed?${query}`));
  }
  const failure = explainFailure(error, asked.site === undefined ? {} : { site: asked.site });
  const wrong = { title: failure.title, says: failure.happened, fix: failure.next.join(" ") };
  return page(visit, { ...asked, wrong }, error.status >= 500 ? 422 : error.status);
}
