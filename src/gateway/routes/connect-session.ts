/** The pages of a link by which an application sends its user to connect, and the way back to the application. */
import type { Hono } from "hono";
import { type ConnectSession, explainFailure } from "../../connect/index.ts";
import { isLatchkeyError, LatchkeyError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import type { Connection, Registration } from "../../vault/index.ts";
import { field, readForm } from "../form.ts";
import { guestHouse } from "../guest.ts";
import { choosePage } from "../pages/connect.ts";
import { endedPage, type Landing, landingPage, returnedPage } from "../pages/connect-session.ts";
import { chromeOf, render, seeOther } from "../render.ts";
import { type Ask, type Env, formOrigins, type House, Visit } from "../visit.ts";
import { depart } from "./depart.ts";

const TOKEN = /^[A-Za-z0-9_-]{43}$/;
/** Links that one browser has open at a time. */
const REMEMBERED = 10;
/** What says nothing against the session: the right answer may still come, from the right browser. */
const NOT_THE_SESSIONS = new Set([
  "browser_mismatch",
  "state_mismatch",
  "callback_malformed",
  "callback_not_waited_for",
  "attempt_used",
]);

export function connectSessionRoutes(app: Hono<Env>): void {
  app.get("/connect/session/:id", (c) => land(...heldVisit(c)));
  app.post("/connect/session/:id", async (c) => goOn(...heldVisit(c), await readForm(c.req.raw)));
}

function heldVisit(c: Ask): [Visit, ConnectSession] {
  const visit = c.get("visit");
  if (!visit.held) throw new LatchkeyError("not_found");
  return [visit, visit.held];
}

/**
 * Opens the link: its secret is worth nothing afterwards, a cookie of this browser stands for it, and the address
 * that stays in the browser holds no secret. A preview or a prefetch does not open it.
 */
export async function openLink(house: House, request: Request, url: URL): Promise<Response | undefined> {
  const token = url.searchParams.get("session");
  if (url.pathname !== "/connect" || token === null || request.method === "POST") return undefined;
  if (request.method !== "GET" || /prefetch/i.test(request.headers.get("sec-purpose") ?? "")) {
    return new Response(null, { status: 204, headers: { "cache-control": "no-store" } });
  }
  if (!TOKEN.test(token)) throw new LatchkeyError("connect_session_over");
  const { connect_sessions } = house;
  const secret = new Secret(token);
  const guests = guestHouse(house);
  const seen = await connect_sessions.findByLink(secret);
  if (!seen) throw new LatchkeyError("connect_session_over");
  const session = await guests.sessions.load(request, seen.owner);
  const known = session?.data.connect_session_ids ?? [];
  if (known.includes(seen.id)) return seeOther(`${house.base}/connect/session/${seen.id}`);
  const opened = await connect_sessions.open(secret);
  const visit = new Visit(guests, opened.owner, session, opened);
  await visit.keep({ connect_session_ids: [...known, opened.id].slice(-REMEMBERED) });
  await visit.rotate();
  const answer = seeOther(`${house.base}/connect/session/${opened.id}`);
  const cookie = visit.cookie();
  if (cookie !== undefined) answer.headers.append("set-cookie", cookie);
  return answer;
}

type Wrong = Landing["wrong"];

async function land(visit: Visit, held: ConnectSession, wrong?: Wrong, status = 200): Promise<Response> {
  const chrome = chromeOf(visit.house, false);
  const over = held.expires_at <= visit.now || !["opened", "begun"].includes(held.state);
  if (over) return render(visit, endedPage(chrome, held), { status: 410 });
  const registrations = await offered(visit, held);
  const connection =
    held.reconnect_id === undefined
      ? undefined
      : await visit.parts.vault.connections.get(visit.owner, held.reconnect_id);
  const page = landingPage(chrome, { held, registrations, connection, wrong });
  return render(visit, page, { status, form_origins: originsOf(held, registrations) });
}

/** The Jiras this person may be sent to: the one that was asked for, else those that fit. */
async function offered(visit: Visit, held: ConnectSession): Promise<readonly Registration[]> {
  const all = (await visit.registrations()).filter((one) => one.state === "active");
  if (held.registration_id !== undefined) return all.filter((one) => one.id === held.registration_id);
  return held.flavor === undefined ? all : all.filter((one) => one.flavor === held.flavor);
}

/** Where the forms of these pages may end: at Jira, or back at the application. */
function originsOf({ return_url }: ConnectSession, registrations: readonly Registration[]): string[] {
  const back = return_url === undefined ? [] : [new URL(return_url).origin];
  return [...formOrigins(registrations), ...back];
}

async function goOn(visit: Visit, held: ConnectSession, form: URLSearchParams): Promise<Response> {
  if (field(form, "cancel") !== undefined) {
    await visit.house.connect_sessions.fail(held, "access_denied");
    return back(visit, held, { error: "access_denied" });
  }
  if (!["opened", "begun"].includes(held.state) || held.expires_at <= visit.now) return land(visit, held);
  const typed = held.site ?? field(form, "site");
  try {
    const registrations = await offered(visit, held);
    const chosen = held.registration_id ?? field(form, "registration");
    if (chosen !== undefined) {
      const found = registrations.find((one) => one.id === chosen);
      if (!found) throw new LatchkeyError("registration_unknown");
      return await start(visit, held, found, typed);
    }
    if (typed === undefined) {
      throw new LatchkeyError("bad_request", "No address was typed.", {
        fix: "Type the address of your Jira.",
      });
    }
    return await find(visit, held, typed, registrations);
  } catch (error) {
    if (!isLatchkeyError(error) || error.code === "internal") throw error;
    if (error.code === "connect_session_over") return land(visit, await current(visit, held));
    const failure = explainFailure(error, typed === undefined ? {} : { site: typed });
    const wrong = { title: failure.title, says: failure.happened, fix: failure.next.join(" "), typed };
    return land(visit, held, wrong, error.status >= 500 ? 422 : error.status);
  }
}

async function find(
  visit: Visit,
  held: ConnectSession,
  typed: string,
  offers: readonly Registration[],
): Promise<Response> {
  const { owner, parts } = visit;
  const discovery = await parts.connect.discover({
    ...{ owner, text: typed, trust: "end-user" as const },
    ...(held.flavor !== undefined && { flavor: held.flavor }),
  });
  const ids = new Set(offers.map(({ id }) => id));
  const registrations = discovery.registrations.filter(({ id }) => ids.has(id));
  const [only, ...others] = registrations;
  if (!only) throw new LatchkeyError("registration_unknown");
  const { base_url } = discovery.site;
  if (others.length === 0) return start(visit, held, only, base_url);
  const action = `/connect/session/${held.id}`;
  const page = choosePage(chromeOf(visit.house, false), {
    ...{ discovery: { ...discovery, registrations }, typed: base_url, action },
  });
  return render(visit, page, { form_origins: originsOf(held, registrations) });
}

async function start(
  visit: Visit,
  held: ConnectSession,
  registration: Registration,
  site: string | undefined,
): Promise<Response> {
  const { binding } = await visit.begin();
  const begun = await visit.parts.connect.begin({
    owner: visit.owner,
    registration_id: registration.id,
    binding,
    connect_session_id: held.id,
    ...(site !== undefined && { site_hint: site }),
    ...(held.reconnect_id !== undefined && { reconnect: held.reconnect_id }),
    ...(held.scope !== undefined && { scope: held.scope }),
  });
  await visit.house.connect_sessions.begun(held, begun.expires_at);
  return depart(visit, begun, registration.flavor);
}

/** The dance ended well: back to the application, with the result that only it can take up. */
export async function guestConnected(
  visit: Visit,
  held: ConnectSession,
  connection: Connection,
): Promise<Response> {
  const result = await visit.house.connect_sessions.issue(held);
  if (result) return back(visit, held, { result: result.reveal() });
  if (held.return_url !== undefined) return back(visit, held, { connection: connection.id });
  return render(visit, returnedPage());
}

/** The dance ended otherwise. What came from another browser, or twice, says nothing against the session. */
export async function guestFailed(
  visit: Visit,
  held: ConnectSession,
  error: LatchkeyError,
): Promise<Response> {
  if (NOT_THE_SESSIONS.has(error.code)) throw error;
  await visit.house.connect_sessions.fail(held, error.code);
  return back(visit, held, { error: error.code });
}

/** To the return URL, which was checked when the session was made; a page of ours where there is none. */
async function back(
  visit: Visit,
  held: ConnectSession,
  outcome: Readonly<Record<string, string>>,
): Promise<Response> {
  if (held.return_url === undefined) return land(visit, await current(visit, held));
  const url = new URL(held.return_url);
  url.searchParams.set("connect_session", held.id);
  for (const [name, value] of Object.entries(outcome)) url.searchParams.set(name, value);
  return seeOther(url.href);
}

async function current(visit: Visit, held: ConnectSession): Promise<ConnectSession> {
  return (await visit.house.connect_sessions.find(held.id)) ?? held;
}
