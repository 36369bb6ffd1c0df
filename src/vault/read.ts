/** Rows of the store as the records of the vault: JSON parsed, absent columns left out. */
import type { Secret } from "../secret.ts";
import type { AttemptRow, ConnectionRow, FamilyRow, RegistrationRow } from "../store/index.ts";
import type { Account, Attempt, Connection, Dead, Family, Registration, Suspension } from "./records.ts";
import type { SiteFacts } from "./site-facts.ts";

type Present<T> = { [K in keyof T]: Exclude<T[K], null | undefined> };

/** The fields that are there. */
export function present<T extends Record<string, unknown>>(fields: T): Partial<Present<T>> {
  const kept = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(kept) as Partial<Present<T>>;
}

function json<T>(text: string | null): T | undefined {
  return text === null ? undefined : (JSON.parse(text) as T);
}

export function registrationFrom(row: RegistrationRow): Registration {
  return {
    id: row.id,
    flavor: row.flavor,
    credential: row.credential ?? "dance",
    title: row.title,
    client_id: row.client_id,
    redirect_uri: row.redirect_uri,
    scope: JSON.parse(row.scope) as string[],
    has_secret: row.sealed_secret !== null,
    allowance: row.allowance === 1,
    state: row.state,
    created_at: row.created_at,
    updated_at: row.updated_at,
    ...present({
      owner: row.owner,
      site_base_url: row.site_base_url,
      cloud_sites: row.cloud_sites,
      terminal_redirect_uri: row.terminal_redirect_uri,
      auth_url: row.auth_url,
      api_url: row.api_url,
      public_key: json<NonNullable<Registration["public_key"]>>(row.public_key),
      suspended: json<Suspension>(row.suspended),
    }),
  };
}

export function familyFrom(row: FamilyRow): Family {
  return {
    id: row.id,
    owner: row.owner,
    registration_id: row.registration_id,
    kind: row.kind,
    flavor: row.flavor,
    token_id: row.token_id,
    generation: row.generation,
    state: row.state,
    failures: row.failures,
    created_at: row.created_at,
    updated_at: row.updated_at,
    ...whatPagesShow(row),
    ...present({ cool_until: row.cool_until }),
  };
}

export function connectionFrom(row: ConnectionRow, family: FamilyRow): Connection {
  const dead = family.state === "dead" && row.state !== "exported";
  const { deployment, version, gone_at } = JSON.parse(row.site) as SiteFacts;
  return {
    id: row.id,
    owner: row.owner,
    family_id: row.family_id,
    registration_id: row.registration_id,
    kind: family.kind,
    flavor: row.flavor,
    site: {
      id: row.site_id,
      url: row.site_url,
      name: row.site_name,
      api_base_url: row.api_base_url,
      deployment,
      ...present({ version, gone_at }),
    },
    state: dead ? "dead" : family.state === "exported" ? "exported" : (row.state as "pending" | "active"),
    ...whatPagesShow(family),
    created_at: row.created_at,
    updated_at: row.updated_at,
    ...present({ name: row.name, last_used_at: row.last_used_at, last_status: row.last_status }),
  };
}

function whatPagesShow(row: FamilyRow) {
  return {
    scope_asked: JSON.parse(row.scope_asked) as string[],
    consented_at: row.consented_at,
    last_rotated_at: row.last_rotated_at,
    ...present({
      account: json<Account>(row.account),
      scope_granted: json<string[]>(row.scope_granted),
      access_expires_at: row.access_expires_at,
      idle_expires_at: row.idle_expires_at,
      absolute_expires_at: row.absolute_expires_at,
      dead: row.state === "dead" ? json<Dead>(row.dead) : undefined,
    }),
  };
}

export function attemptFrom(row: AttemptRow, secrets: Readonly<Record<string, Secret>>): Attempt {
  return {
    id: row.id,
    owner: row.owner,
    registration_id: row.registration_id,
    flavor: row.flavor,
    step: row.step,
    secrets,
    binding_hash: row.binding_hash,
    scope: JSON.parse(row.scope) as string[],
    created_at: row.created_at,
    expires_at: row.expires_at,
    ...present({
      site_hint: row.site_hint,
      return_to: row.return_to,
      reconnect_id: row.reconnect_id,
      family_id: row.family_id,
      connection_id: row.connection_id,
      dance_id: row.dance_id,
      connect_session_id: row.connect_session_id,
      error: json<NonNullable<Attempt["error"]>>(row.error),
      used_at: row.used_at,
    }),
  };
}
