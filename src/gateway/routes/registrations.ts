/** The guided set-up: propose, paste, test, connect. */
import type { Hono } from "hono";
import { type CheckReport, explainFailure } from "../../connect/index.ts";
import { isLatchkeyError, LatchkeyError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import type { Registration } from "../../vault/index.ts";
import { spoken } from "../addresses.ts";
import { field, readForm } from "../form.ts";
import { plain } from "../html.ts";
import { registrationName } from "../pages/connect.ts";
import {
  discardPage,
  type NewRegistration,
  newRegistrationPage,
  type RegistrationView,
  registrationPage,
} from "../pages/registration.ts";
import { chromeOf, render, seeOther } from "../render.ts";
import type { Env, Visit } from "../visit.ts";
import { isFlavor } from "../words/flavor.ts";
import { start, trustOf } from "./connect.ts";

export function registrationRoutes(app: Hono<Env>): void {
  app.get("/registrations/new", (c) => blank(c.get("visit"), new URL(c.req.url).searchParams));
  app.post("/registrations", async (c) => propose(c.get("visit"), await readForm(c.req.raw)));
  app.get("/registrations/:id", (c) =>
    show(c.get("visit"), c.req.param("id"), new URL(c.req.url).searchParams.get("version")),
  );
  app.post("/registrations/:id/check", (c) => check(c.get("visit"), c.req.param("id")));
  app.post("/registrations/:id/client", async (c) =>
    client(c.get("visit"), c.req.param("id"), await readForm(c.req.raw)),
  );
  app.get("/registrations/:id/discard", (c) => askDiscard(c.get("visit"), c.req.param("id")));
  app.post("/registrations/:id/discard", (c) => discard(c.get("visit"), c.req.param("id")));
  app.post("/registrations/:id/connect", (c) => connect(c.get("visit"), c.req.param("id")));
}

function blank(visit: Visit, query: URLSearchParams): Promise<Response> {
  const site = query.get("site")?.slice(0, 2048) ?? undefined;
  const found =
    site === undefined || !URL.canParse(site)
      ? undefined
      : `${plain(spoken(site), 200)} is a self-hosted Jira that Latchkey has no link to yet.`;
  return form(visit, { site, found });
}

function form(visit: Visit, input: NewRegistration, status = 200): Promise<Response> {
  return render(visit, newRegistrationPage(chromeOf(visit.house, visit.admin), input), { status });
}

async function propose(visit: Visit, fields: URLSearchParams): Promise<Response> {
  const site = field(fields, "site");
  const flavor = field(fields, "flavor");
  try {
    if (site === undefined) {
      throw new LatchkeyError("bad_request", "No address was typed.", {
        fix: "Type the base URL of the Jira.",
      });
    }
    if (!isFlavor(flavor) || flavor === "cloud")
      throw new LatchkeyError("bad_request", "Choose the kind of link.");
    const { connect } = visit.parts;
    const asked = { owner: visit.owner, text: site, flavor, trust: trustOf(visit) };
    const registration = await connect.setup.propose(asked);
    const version = await versionOf(visit, site);
    return seeOther(
      visit.at(
        `/registrations/${registration.id}${version ? `?version=${encodeURIComponent(version)}` : ""}`,
      ),
    );
  } catch (error) {
    if (!isLatchkeyError(error) || error.code === "internal") throw error;
    const failure = explainFailure(error, site === undefined ? {} : { site });
    const wrong = { title: failure.title, says: failure.happened, fix: failure.next.join(" ") };
    return form(visit, { site, flavor, wrong }, error.status >= 500 ? 422 : error.status);
  }
}

/** The words on Jira's pages differ by version; a Jira that does not say gets the newest. */
async function versionOf(visit: Visit, text: string): Promise<string | undefined> {
  try {
    const found = await visit.parts.connect.discover({ owner: visit.owner, text, trust: trustOf(visit) });
    return found.site.version;
  } catch {
    return undefined;
  }
}

/** An own registration, the operator's where it is in use, and everything for an administrator. */
async function visible(visit: Visit, id: string): Promise<Registration> {
  const registration = await visit.parts.vault.registrations.find(id);
  const theirs = registration?.owner === undefined || registration.owner === visit.owner;
  if (!registration || (!theirs && !visit.admin)) throw new LatchkeyError("not_found");
  return registration;
}

function mayChange(visit: Visit, registration: Registration): boolean {
  return visit.admin || registration.owner === visit.owner;
}

/** Only what is one's own and never came into use: anything else may hold connections, and is the operator's to end. */
function mayDiscard(visit: Visit, { state, owner }: Registration): boolean {
  return state === "draft" && owner === visit.owner;
}

async function discardable(visit: Visit, id: string): Promise<Registration> {
  const registration = await visible(visit, id);
  if (!mayDiscard(visit, registration)) throw new LatchkeyError("not_found");
  return registration;
}

async function askDiscard(visit: Visit, id: string): Promise<Response> {
  const registration = await discardable(visit, id);
  return render(visit, discardPage(chromeOf(visit.house, visit.admin), registration));
}

async function discard(visit: Visit, id: string): Promise<Response> {
  const registration = await discardable(visit, id);
  await visit.parts.vault.registrations.remove(id);
  visit.parts.log.info("registration_discarded", { registration_id: id, owner: visit.owner });
  await visit.say({ kind: "info", title: `The set-up of ${registrationName(registration)} is discarded.` });
  return seeOther(visit.at("/"));
}

async function changeable(visit: Visit, id: string): Promise<Registration> {
  const registration = await visible(visit, id);
  if (!mayChange(visit, registration)) throw new LatchkeyError("not_found");
  return registration;
}

async function show(
  visit: Visit,
  id: string,
  version: string | null,
  wrong?: RegistrationView["wrong"],
): Promise<Response> {
  const registration = await visible(visit, id);
  const asked = version !== null && /^\d{1,3}(\.\d{1,3}){0,3}$/.test(version) ? version : undefined;
  const last = visit.session?.data.check;
  const check =
    last?.registration_id === id ? { report: last.report as CheckReport, at: last.at } : undefined;
  const page = registrationPage(chromeOf(visit.house, visit.admin), {
    registration,
    instructions: visit.parts.connect.setup.instructions(registration, asked),
    version: asked,
    check,
    now: visit.now,
    may_change: mayChange(visit, registration),
    may_discard: mayDiscard(visit, registration),
    wrong,
  });
  return render(visit, page, { status: wrong ? 400 : 200 });
}

async function check(visit: Visit, id: string): Promise<Response> {
  await changeable(visit, id);
  await runCheck(visit, id);
  return seeOther(visit.at(`/registrations/${id}`));
}

async function runCheck(visit: Visit, id: string): Promise<void> {
  const report = await visit.parts.connect.check({ registration_id: id });
  const findings = report.findings.map(({ evidence: _, ...finding }) => finding);
  await visit.keep({ check: { registration_id: id, at: visit.now, report: { ...report, findings } } });
}

/** What Jira showed after the incoming link was saved. The secret goes into the vault and nowhere else. */
async function client(visit: Visit, id: string, fields: URLSearchParams): Promise<Response> {
  const registration = await changeable(visit, id);
  const client_id = field(fields, "client_id");
  const client_secret = field(fields, "client_secret");
  if (client_id === undefined) {
    return show(visit, id, null, { field: "client_id", says: "Paste the client ID that Jira shows." });
  }
  if (client_secret === undefined && !registration.has_secret) {
    return show(visit, id, null, {
      field: "client_secret",
      says: "Paste the client secret that Jira shows.",
    });
  }
  await visit.parts.connect.setup.complete({
    owner: registration.owner ?? visit.owner,
    registration_id: id,
    client_id,
    ...(client_secret === undefined ? {} : { client_secret: new Secret(client_secret) }),
  });
  await runCheck(visit, id);
  return seeOther(visit.at(`/registrations/${id}`));
}

/** On to the dance; a draft becomes usable with it, because whoever asks here has pasted everything. */
async function connect(visit: Visit, id: string): Promise<Response> {
  let registration = await visible(visit, id);
  if (registration.state === "draft") {
    await changeable(visit, id);
    const owner = registration.owner ?? visit.owner;
    registration = await visit.parts.connect.setup.complete({ owner, registration_id: id });
  }
  return start(visit, registration, { site: registration.site_base_url });
}
