/** One request of one person: who, with which session, and what the page needs around it. */
import type { Context } from "hono";
import type { ConnectSession, ConnectSessions } from "../connect/index.ts";
import { endpointsFor } from "../protocol/index.ts";
import type { Registration } from "../vault/index.ts";
import { safeHref } from "./addresses.ts";
import type { Assets } from "./assets.ts";
import type { GatewayParts } from "./parts.ts";
import type { Flash, Session, SessionData, Sessions } from "./session.ts";

export type Env = { Bindings: { readonly remote?: string }; Variables: { visit: Visit; request_id: string } };
export type Ask = Context<Env>;

/** What is the same for every visit. */
export type House = {
  readonly parts: GatewayParts;
  readonly sessions: Sessions;
  readonly assets: Assets;
  readonly public_url: URL;
  /** Path the gateway is mounted below; "" at the root. */
  readonly base: string;
  readonly application: string;
  readonly connect_sessions: ConnectSessions;
  /** Its visitors came by a link of an application and see the pages of that link alone. */
  readonly guests?: boolean;
};

export class Visit {
  readonly house: House;
  readonly owner: string;
  /** The connect session by whose link the person came. */
  readonly held: ConnectSession | undefined;
  readonly #before: Session | undefined;
  #session: Session | undefined;

  constructor(house: House, owner: string, session: Session | undefined, held?: ConnectSession) {
    this.house = house;
    this.owner = owner;
    this.held = held;
    this.#before = session;
    this.#session = session;
  }

  get parts(): GatewayParts {
    return this.house.parts;
  }

  get now(): number {
    return this.house.parts.now();
  }

  get session(): Session | undefined {
    return this.#session;
  }

  get admin(): boolean {
    return (this.#session?.data.admin_until ?? 0) > this.now;
  }

  /** A path of ours as a browser must ask for it. */
  at(path: string): string {
    return `${this.house.base}${path}`;
  }

  /** The session, begun now if there is none. */
  async begin(): Promise<Session> {
    this.#session ??= await this.house.sessions.start(this.owner);
    return this.#session;
  }

  /** A new id for the session, where there is one. */
  async rotate(): Promise<void> {
    if (this.#session) this.#session = await this.house.sessions.rotate(this.#session);
  }

  async keep(change: Partial<SessionData>): Promise<void> {
    const session = await this.begin();
    session.data = { ...session.data, ...change };
    await this.house.sessions.save(session);
  }

  /** Leaves a word for the next page. */
  say(flash: Flash): Promise<void> {
    return this.keep({ flash });
  }

  /** The word left by the page before, once. */
  async hear(): Promise<Flash | undefined> {
    const flash = this.#session?.data.flash;
    if (!flash || !this.#session) return undefined;
    const { flash: _, ...rest } = this.#session.data;
    this.#session.data = rest;
    await this.house.sessions.save(this.#session);
    return flash;
  }

  /** `Set-Cookie`, when the browser must learn another id than it sent. */
  cookie(): string | undefined {
    const changed = this.#session && this.#session.id !== this.#before?.id;
    return changed && this.#session ? this.house.sessions.cookie(this.#session) : undefined;
  }

  /** Registrations this owner may dance with: its own and the operator's. */
  async registrations(): Promise<readonly Registration[]> {
    const all = await this.parts.vault.registrations.list(this.owner);
    return all.filter((one) => one.credential === "dance");
  }
}

/** Atlassian hands a browser on from `auth.` to the sign-in of `id.atlassian.com` before the consent page. */
const CLOUD_SIGN_IN = ["https://id.atlassian.com", "https://*.atlassian.com"];

/** Origins that the form which begins a dance may end at. */
export function formOrigins(registrations: readonly Registration[]): string[] {
  const origins = registrations.flatMap((registration) => {
    const authorize = authorizeUrlOf(registration);
    if (!authorize) return [];
    const { origin } = new URL(authorize);
    return origin === "https://auth.atlassian.com" ? [origin, ...CLOUD_SIGN_IN] : [origin];
  });
  return [...new Set(origins)];
}

function authorizeUrlOf(registration: Registration): string | undefined {
  const { flavor, site_base_url, auth_url, api_url } = registration;
  try {
    const where = {
      ...(site_base_url === undefined ? {} : { site_base_url }),
      ...(auth_url === undefined ? {} : { auth_url }),
      ...(api_url === undefined ? {} : { api_url }),
    };
    if (flavor === "datacenter-oauth1") return safeHref(endpointsFor(flavor, where).authorize_url);
    return safeHref(endpointsFor(flavor, where).authorization_endpoint);
  } catch {
    return undefined;
  }
}
