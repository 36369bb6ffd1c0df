/**
 * Browser sessions: rows, named by the hash of an opaque cookie. A session belongs to one owner, holds the secret
 * that binds a dance to the browser that began it, and a word for the next page. It signs nobody in.
 */
import { createHash } from "node:crypto";
import { LatchkeyError } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { Store } from "../store/index.ts";
import type { Vault } from "../vault/index.ts";
import { isLoopback } from "./origin.ts";

const DAY_MS = 24 * 3_600_000;
/** Unused for this long, a session is over. */
const LIFETIME_MS = 30 * DAY_MS;
/** How long an admin link opens the admin page in this browser. */
export const ADMIN_MS = 8 * 3_600_000;
const TOUCH_MS = 3_600_000;

/** What a cookie stands for: a visit to the owner's own pages, or to those of one link that an application gave. */
export type SessionKind = {
  readonly kind: "browser" | "connect";
  /** Unused for this long, it is over. */
  readonly lifetime_ms: number;
};
const BROWSER: SessionKind = { kind: "browser", lifetime_ms: LIFETIME_MS };
/** Longer than a link, the dance behind it and the result of it last. */
export const GUEST: SessionKind = { kind: "connect", lifetime_ms: 2 * 3_600_000 };

/** A word for the next page, in our own vocabulary. */
export type Flash = {
  readonly kind: "well" | "soon" | "dead" | "info";
  readonly title: string;
  readonly text?: string;
  /** A checked http(s) address and its name. */
  readonly link?: { readonly href: string; readonly label: string };
};

/** What a session keeps; all of it is sealed in its row. */
export type SessionData = {
  readonly binding: string;
  readonly admin_until?: number;
  /** Hash of an admin link that was opened and waits for the button. */
  readonly admin_offer?: string;
  readonly flash?: Flash;
  /** Connect sessions whose links were opened in this browser. */
  readonly connect_session_ids?: readonly string[];
  /** The last check of a registration, so that its page can show it after the redirect. */
  readonly check?: { readonly registration_id: string; readonly at: number; readonly report: unknown };
};

export type Session = {
  /** The cookie's value. */
  readonly id: Secret;
  readonly owner: string;
  readonly binding: Secret;
  data: SessionData;
  readonly created_at: number;
};

export type Sessions = ReturnType<typeof createSessions>;

export type SessionParts = {
  readonly store: Store;
  readonly vault: Pick<Vault, "seal" | "open">;
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly public_url: URL;
};

/**
 * The cookie's name: `__Host-` where the browser grants it (https, and localhost). Cookies know no ports, so two
 * servers on one machine get two names.
 */
export function cookieName(public_url: URL): string {
  const secure = public_url.protocol === "https:" || public_url.hostname === "localhost";
  const port = isLoopback(public_url.hostname) && public_url.port !== "" ? `-${public_url.port}` : "";
  return `${secure ? "__Host-" : ""}latchkey${port}`;
}

export function createSessions(parts: SessionParts, { kind, lifetime_ms } = BROWSER) {
  const { store, vault, now, random, public_url } = parts;
  const name = `${cookieName(public_url)}${kind === "browser" ? "" : `-${kind}`}`;
  const attributes = `Path=/; HttpOnly; SameSite=Lax${name.startsWith("__Host-") ? "; Secure" : ""}`;

  async function write(session: Session): Promise<void> {
    const row = rowName(session.id);
    const at = now();
    await store.sessions.put({
      id_hash: row,
      owner: session.owner,
      kind,
      sealed_data: vault.seal(placeOf(row, session.owner), JSON.stringify(session.data)),
      created_at: session.created_at,
      expires_at: at + lifetime_ms,
      last_seen_at: at,
    });
  }

  return {
    name,
    /** The session of this request, if it has one and it is this owner's. */
    async load(request: Request, owner: string): Promise<Session | undefined> {
      const value = cookieOf(request, name);
      if (value === undefined) return undefined;
      const id = new Secret(value);
      const row = await store.sessions.find(rowName(id), now());
      if (!row || row.kind !== kind || row.owner !== owner || row.sealed_data === null) return undefined;
      const data = openData(vault, row.id_hash, owner, row.sealed_data);
      if (!data) return undefined;
      if (now() - row.last_seen_at > TOUCH_MS)
        await store.sessions.touch(row.id_hash, now(), now() + lifetime_ms);
      return { id, owner, binding: new Secret(data.binding), data, created_at: row.created_at };
    },
    /** A new session of this owner. */
    async start(owner: string): Promise<Session> {
      const binding = Buffer.from(random(32)).toString("base64url");
      const session = {
        id: newCookie(random),
        owner,
        binding: new Secret(binding),
        data: { binding },
        created_at: now(),
      };
      await write(session);
      return session;
    },
    /** The same session under a new id, as at every sign-in and callback; the old id is worth nothing afterwards. */
    async rotate(session: Session): Promise<Session> {
      const next = { ...session, id: newCookie(random) };
      await write(next);
      await store.sessions.remove(rowName(session.id));
      return next;
    },
    save: write,
    /** The `Set-Cookie` value. */
    cookie: (session: Session): string =>
      `${name}=${session.id.reveal()}; ${attributes}; Max-Age=${lifetime_ms / 1000}`,
  };
}

function newCookie(random: (bytes: number) => Uint8Array): Secret {
  return new Secret(Buffer.from(random(32)).toString("base64url"));
}

function rowName(id: Secret): string {
  return createHash("sha256").update("latchkey session\0").update(id.reveal()).digest("hex");
}

function placeOf(row: string, owner: string) {
  return { table: "sessions", column: "sealed_data", row, owner, generation: 0 };
}

/** A row that cannot be opened (the key was changed) is no session; the browser simply gets a new one. */
function openData(
  vault: Pick<Vault, "open">,
  row: string,
  owner: string,
  sealed: string,
): SessionData | undefined {
  try {
    return JSON.parse(vault.open(placeOf(row, owner), sealed).reveal()) as SessionData;
  } catch (error) {
    if (error instanceof LatchkeyError && error.code === "vault_unreadable") return undefined;
    throw error;
  }
}

function cookieOf(request: Request, name: string): string | undefined {
  for (const pair of (request.headers.get("cookie") ?? "").split(";")) {
    const cut = pair.indexOf("=");
    if (cut > 0 && pair.slice(0, cut).trim() === name) {
      const value = pair.slice(cut + 1).trim();
      return /^[A-Za-z0-9_-]{43}$/.test(value) ? value : undefined;
    }
  }
  return undefined;
}
