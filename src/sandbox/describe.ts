/** What `GET /__sandbox/state` tells. */

import type { AuthState } from "./auth/state.ts";
import { apiTokenOf, personalAccessTokenOf } from "./auth/state.ts";
import { describeLimits } from "./limits/index.ts";
import { switchTable } from "./options.ts";
import type { Running } from "./running.ts";

export type StateDescription = {
  readonly cloud_url: string;
  readonly data_center_url: string;
  readonly clock: { readonly now: string; readonly now_ms: number; readonly moved_s: number };
  readonly seed: number;
  readonly users: ReadonlyArray<{
    readonly name: string;
    readonly accountId: string;
    readonly emailAddress: string;
    /** The well-known API token of Cloud, and the personal access token of Data Center. */
    readonly api_token: string;
    readonly personal_access_token: string;
  }>;
  readonly sites: ReadonlyArray<{
    readonly id: string;
    readonly face: string;
    readonly cloudId?: string;
    readonly url: string;
    readonly title: string;
    readonly projects: readonly string[];
    readonly issues: number;
    readonly recorded: number;
  }>;
  readonly registrations: {
    readonly cloud_apps: ReadonlyArray<{
      readonly client_id: string;
      readonly redirect_uris: readonly string[];
      readonly scopes: readonly string[];
    }>;
    readonly data_center_clients: ReadonlyArray<{
      readonly client_id: string;
      readonly redirect_uris: readonly string[];
      readonly scope: string;
    }>;
    readonly consumers: ReadonlyArray<{
      readonly key: string;
      readonly name: string;
      readonly has_public_key: boolean;
      readonly callback: string | null;
    }>;
  };
  /** How many of each are alive or remembered. */
  readonly counts: Readonly<Record<string, number>>;
  readonly switches: Readonly<Record<string, string>>;
  /** What was used of the limits that are on. */
  readonly limits: ReturnType<typeof describeLimits>;
  readonly faults: number;
  readonly requests: number;
};

/** The sandbox in figures and public names: no token that was given out, no secret, no password. */
export function describeState(running: Running): StateDescription {
  const { sandbox } = running;
  const { world, auth, clock_ms, seed } = sandbox.state;
  const now_ms = sandbox.now();
  return {
    cloud_url: sandbox.cloudUrl,
    data_center_url: sandbox.dataCenterUrl,
    clock: { now: new Date(now_ms).toISOString(), now_ms, moved_s: clock_ms / 1000 },
    seed,
    users: Object.values(world.users).map(({ name, accountId, emailAddress }) => ({
      name,
      accountId,
      emailAddress,
      api_token: auth.apiTokens[name] ?? apiTokenOf(name),
      personal_access_token: personalAccessTokenOf(name),
    })),
    sites: Object.values(world.sites).map((site) => ({
      id: site.id,
      face: site.face,
      ...(site.cloudId === undefined ? {} : { cloudId: site.cloudId }),
      url: site.face === "cloud" ? `${sandbox.cloudUrl}/sites/${site.id}` : sandbox.dataCenterUrl,
      title: site.title,
      projects: Object.values(site.projects).map((project) => project.key),
      issues: Object.keys(site.issues).length,
      recorded: Object.keys(site.recorded).length,
    })),
    registrations: describeRegistrations(auth),
    counts: {
      sessions: Object.keys(auth.sessions).length,
      cloud_families: Object.keys(auth.cloud.families).length,
      cloud_refresh_tokens: Object.keys(auth.cloud.refresh).length,
      data_center_grants: Object.keys(auth.datacenter.grants).length,
      oauth1_tokens: Object.keys(auth.oauth1).length,
    },
    switches: Object.fromEntries([...switchTable.values()].map(({ name }) => [name, sandbox.switch(name)])),
    limits: describeLimits(sandbox),
    faults: running.faults.length,
    requests: running.requests.list().length,
  };
}

function describeRegistrations(auth: AuthState): StateDescription["registrations"] {
  return {
    cloud_apps: Object.values(auth.cloud.apps).map(({ client_id, redirect_uris, scopes }) => ({
      client_id,
      redirect_uris: [...redirect_uris],
      scopes: [...scopes],
    })),
    data_center_clients: Object.values(auth.datacenter.clients).map(
      ({ client_id, redirect_uris, scope }) => ({
        client_id,
        redirect_uris: [...redirect_uris],
        scope,
      }),
    ),
    consumers: Object.values(auth.consumers).map(({ key, name, public_key, callback }) => ({
      key,
      name,
      has_public_key: public_key !== undefined,
      callback: callback ?? null,
    })),
  };
}
