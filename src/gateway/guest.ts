/**
 * Visits of people who came by a link of an application. They are nobody's owner: a cookie of its own says which
 * links were opened in this browser, and opens the pages of those links and of the dances behind them.
 */
import type { ConnectSession } from "../connect/index.ts";
import { LatchkeyError } from "../errors.ts";
import { createSessions, GUEST } from "./session.ts";
import { type House, Visit } from "./visit.ts";

const SESSION_PAGE = /^\/connect\/session\/(cse_[0-9A-Za-z]{22})(\/|$)/;
const CHOICE_PAGE = /^\/connect\/(att_[0-9A-Za-z]{22})\/(site|account)$/;
const CALLBACK = /^\/callback(?:\/([A-Za-z0-9._-]{1,64}))?$/;
/** Nothing longer names a dance. */
const MAX_QUERY = 16 * 1024;

/** The same house for guests: another cookie, other pages around. */
export function guestHouse(house: House): House {
  const sessions = createSessions({ ...house.parts, public_url: house.public_url }, GUEST);
  return { ...house, sessions, guests: true };
}

/**
 * The visit, where the address belongs to a connect session. The callback of a dance that was begun in another
 * browser is such a visit too, without a session: it is refused there, and changes nothing.
 *
 * @throws LatchkeyError `browser_mismatch` for the pages of a link that was opened in another browser
 */
export async function guestVisit(house: House, request: Request, path: string): Promise<Visit | undefined> {
  const held = await heldBy(house, request, path);
  if (!held) return undefined;
  const guests = guestHouse(house);
  const session = await guests.sessions.load(request, held.owner);
  const known = session?.data.connect_session_ids?.includes(held.id) === true;
  if (known) return new Visit(guests, held.owner, session, held);
  if (CALLBACK.test(path)) return new Visit(guests, held.owner, undefined, held);
  throw new LatchkeyError("browser_mismatch");
}

/** Which connect session an address is about, by the page, or by the dance it belongs to. */
async function heldBy(house: House, request: Request, path: string): Promise<ConnectSession | undefined> {
  const { connect_sessions, parts } = house;
  const page = SESSION_PAGE.exec(path)?.[1];
  if (page !== undefined) return connect_sessions.find(page);
  const choice = CHOICE_PAGE.exec(path)?.[1];
  const callback = CALLBACK.exec(path);
  const attempt =
    choice !== undefined
      ? await parts.store.attempts.findForOperator(choice)
      : callback && (await attemptOf(house, request, callback[1]));
  return attempt?.connect_session_id ? connect_sessions.find(attempt.connect_session_id) : undefined;
}

async function attemptOf(house: House, request: Request, registration_id: string | undefined) {
  const { search, searchParams } = new URL(request.url);
  const lookup = searchParams.get("state") ?? searchParams.get("oauth_token");
  if (lookup === null || search.length > MAX_QUERY) return undefined;
  const { attempts, registrations } = house.parts.vault;
  const ids =
    registration_id === undefined
      ? (await registrations.listForOperator()).map(({ id }) => id)
      : [registration_id];
  for (const id of ids.slice(0, 100)) {
    const found = await attempts.findByState(id, lookup);
    if (found) return found;
  }
  return undefined;
}
