/** Where Jira sends the browser back to, and what the person may still have to decide. */
import type { Hono } from "hono";
import { type Completion, explainFailure } from "../../connect/index.ts";
import { ERRORS, type ErrorCode, isLatchkeyError, LatchkeyError } from "../../errors.ts";
import { spoken } from "../addresses.ts";
import { field, readForm } from "../form.ts";
import { jirasWord } from "../pages/dances.ts";
import { failedDancePage } from "../pages/failure.ts";
import { accountPage, sitePage } from "../pages/site.ts";
import { chromeOf, render, seeOther } from "../render.ts";
import type { Ask, Env, Visit } from "../visit.ts";
import { personName } from "../words/person.ts";
import { returnTo } from "./connect.ts";
import { guestConnected, guestFailed } from "./connect-session.ts";

/** Longer than any callback of any Jira; what is longer is not read. */
const MAX_QUERY = 16 * 1024;

export function callbackRoutes(app: Hono<Env>): void {
  app.get("/callback/:registration", (c) => callback(c, c.req.param("registration")));
  app.get("/callback", async (c) => callback(c, await onlyRegistration(c.get("visit"))));
  app.get("/connect/failed", (c) => failed(c.get("visit"), new URL(c.req.url).searchParams));
  app.get("/connect/:attempt/site", (c) => choose(c.get("visit"), c.req.param("attempt")));
  app.post("/connect/:attempt/site", (c) => chosen(c, c.req.param("attempt")));
  app.get("/connect/:attempt/account", (c) => otherAccount(c.get("visit"), c.req.param("attempt")));
  app.post("/connect/:attempt/account", (c) => confirmed(c, c.req.param("attempt")));
}

/** The bare path means something only while there is no doubt which registration is meant. */
async function onlyRegistration(visit: Visit): Promise<string> {
  const all = (await visit.parts.vault.registrations.listForOperator()).filter(
    (one) => one.state !== "draft" && one.credential === "dance",
  );
  if (all.length !== 1) throw new LatchkeyError("callback_not_waited_for");
  return all[0]!.id;
}

async function callback(c: Ask, registration_id: string): Promise<Response> {
  const visit = c.get("visit");
  // A HEAD comes from a link preview or a scanner: it must not use up the code.
  if (c.req.raw.method !== "GET") throw new LatchkeyError("method_not_allowed");
  const { search } = new URL(c.req.url);
  const binding = visit.session?.binding;
  try {
    if (search.length > MAX_QUERY) throw new LatchkeyError("callback_malformed");
    const completion = await visit.parts.connect.complete({
      registration_id,
      params: new URLSearchParams(search),
      binding,
      owner: visit.owner,
    });
    await visit.rotate();
    return await completed(visit, completion);
  } catch (error) {
    await visit.rotate();
    return afterFailure(visit, error, registration_id);
  }
}

async function completed(visit: Visit, completion: Completion): Promise<Response> {
  if (completion.kind === "choose-site") return seeOther(visit.at(`/connect/${completion.attempt_id}/site`));
  const { connection, reconnected } = completion;
  if (visit.held) return guestConnected(visit, visit.held, connection);
  const target = returnTo(visit, completion.return_to);
  if (target !== undefined) return seeOther(target);
  await visit.say({
    kind: "well",
    title: reconnected ? "Reconnected." : "Connected.",
    text: reconnected
      ? "The connection kept its id; whatever uses it goes on working."
      : "What you can reach in Jira stands below.",
  });
  return seeOther(visit.at(`/connections/${connection.id}`));
}

/** To the page that says what happened. Only codes of our own table travel in its address. */
async function afterFailure(visit: Visit, error: unknown, registration_id: string): Promise<Response> {
  const known = isLatchkeyError(error) ? error : new LatchkeyError("internal", undefined, { cause: error });
  if (known.code === "internal")
    visit.parts.log.error("callback_failed", { registration_id, error: String(error) });
  const { dance_id, attempt_id } = known.details;
  if (known.code === "account_mismatch" && typeof attempt_id === "string") {
    return seeOther(visit.at(`/connect/${attempt_id}/account`));
  }
  if (visit.held) return guestFailed(visit, visit.held, known);
  const query = new URLSearchParams({ cause: known.code, registration: registration_id });
  if (typeof dance_id === "string") query.set("dance", dance_id);
  return seeOther(visit.at(`/connect/failed?${query}`));
}

/** What happened and what to do next; sharper where the dance is this owner's own. */
async function failed(visit: Visit, query: URLSearchParams): Promise<Response> {
  const cause = query.get("cause") ?? "";
  const code: ErrorCode = Object.hasOwn(ERRORS, cause) ? (cause as ErrorCode) : "internal";
  const dance_id = query.get("dance") ?? undefined;
  const dance =
    dance_id === undefined
      ? undefined
      : await visit.parts.connect.dances.get(visit.owner, dance_id).catch(() => undefined);
  const registration_id = dance?.registration_id ?? query.get("registration") ?? undefined;
  const registration = (await visit.registrations()).find((one) => one.id === registration_id);
  const flavor = dance?.flavor ?? registration?.flavor;
  const site = dance?.site_url ?? registration?.site_base_url;
  const error = new LatchkeyError(code);
  const recorded = dance?.error_code === code ? dance.failure : undefined;
  const failure =
    recorded ??
    explainFailure(error, {
      ...(flavor === undefined ? {} : { flavor }),
      ...(site === undefined ? {} : { site: spoken(site) }),
    });
  const word = dance === undefined ? undefined : jirasWord(dance);
  const page = failedDancePage(chromeOf(visit.house, visit.admin), {
    failure: { ...(word === undefined ? {} : { jira_word: word }), ...failure },
    dance_id: dance?.id,
    flavor,
    site: site === undefined ? undefined : spoken(site),
    again: { registration: registration?.id, site: dance?.site_url },
  });
  return render(visit, page, { status: error.status >= 500 ? 502 : error.status });
}

async function choose(visit: Visit, attempt_id: string): Promise<Response> {
  const binding = bindingOf(visit);
  const choices = await visit.parts.connect.choices(visit.owner, attempt_id, binding);
  if (choices.waits_for !== "site") return seeOther(visit.at(`/connect/${attempt_id}/account`));
  const page = sitePage(chromeOf(visit.house, visit.admin), attempt_id, choices);
  return render(visit, page, { form_origins: visit.parts.return_origins ?? [] });
}

async function chosen(c: Ask, attempt_id: string): Promise<Response> {
  const visit = c.get("visit");
  const site_id = field(await readForm(c.req.raw), "site_id");
  if (site_id === undefined) return seeOther(visit.at(`/connect/${attempt_id}/site`));
  return settle(visit, attempt_id, () =>
    visit.parts.connect.chooseSite({ owner: visit.owner, attempt_id, site_id, binding: bindingOf(visit) }),
  );
}

async function otherAccount(visit: Visit, attempt_id: string): Promise<Response> {
  const choices = await visit.parts.connect.choices(visit.owner, attempt_id, bindingOf(visit));
  if (choices.waits_for !== "account") return seeOther(visit.at(`/connect/${attempt_id}/site`));
  const page = accountPage(chromeOf(visit.house, visit.admin), {
    attempt_id,
    before: personName(choices.before),
    now: personName(choices.account),
  });
  return render(visit, page, { form_origins: visit.parts.return_origins ?? [] });
}

function confirmed(c: Ask, attempt_id: string): Promise<Response> {
  const visit = c.get("visit");
  return settle(visit, attempt_id, () =>
    visit.parts.connect.confirmAccount({ owner: visit.owner, attempt_id, binding: bindingOf(visit) }),
  );
}

async function settle(visit: Visit, attempt_id: string, work: () => Promise<Completion>): Promise<Response> {
  try {
    return await completed(visit, await work());
  } catch (error) {
    const { registration_id } = isLatchkeyError(error) ? error.details : {};
    if (isLatchkeyError(error) && error.code === "account_mismatch") {
      return seeOther(visit.at(`/connect/${attempt_id}/account`));
    }
    return afterFailure(visit, error, typeof registration_id === "string" ? registration_id : "");
  }
}

/** Only the browser that began a dance may decide in it. */
function bindingOf(visit: Visit) {
  if (!visit.session) throw new LatchkeyError("browser_mismatch");
  return visit.session.binding;
}
