/**
 * The sandbox: a Jira on this machine, Cloud and Data Center, with real OAuth, to develop and test against.
 *
 * It shares no code with the rest of the package: what it verifies, it verifies in its own way.
 */
import type { Server } from "node:http";
import { authRoutes } from "./auth/routes.ts";
import {
  addFaults,
  addRegistrations,
  changeTokens,
  clearFaults,
  loadWorld,
  moveClock,
  reset,
  setMembership,
  setSwitches,
} from "./control.ts";
import { describeState, type StateDescription } from "./describe.ts";
import type { Face } from "./face.ts";
import type { Fault } from "./faults.ts";
import { type Listening, listen } from "./listen.ts";
import type { MembershipRequest } from "./membership.ts";
import { contextPath, resolveOptions, type SandboxOptions } from "./options.ts";
import { SandboxRefusal } from "./refusal.ts";
import type { LoggedRequest } from "./requests.ts";
import { fileRoutes } from "./rest/files.ts";
import { createRunning, type Running } from "./running.ts";
import { createFace } from "./server.ts";
import { listWebhooks, type WebhookListing } from "./webhooks/listing.ts";
import type { Loaded } from "./world/load.ts";

export type { StateDescription } from "./describe.ts";
export type { Fault } from "./faults.ts";
export type { MembershipRequest } from "./membership.ts";
export { type SandboxOptions, switches } from "./options.ts";
export { SandboxRefusal } from "./refusal.ts";
export type { LoggedRequest } from "./requests.ts";
export type { Switch } from "./switch.ts";
export type { WebhookListing } from "./webhooks/listing.ts";
export type { Loaded } from "./world/load.ts";

/** What `POST /__sandbox/registrations` takes. */
export type RegistrationRequest = {
  readonly consumers?: ReadonlyArray<{
    readonly key: string;
    /** SPKI PEM, certificate, or the bare base64 of either. */
    readonly public_key: string;
    readonly name?: string;
    readonly callback?: string;
  }>;
  /** Added to both OAuth 2.0 applications. */
  readonly redirect_uris?: readonly string[];
  /** Replace the scopes the Cloud application may ask for. */
  readonly scopes?: readonly string[];
  /** They act with the rights of `user`; `scopes` are Cloud's, or READ or WRITE for the Data Center. */
  readonly service_accounts?: ReadonlyArray<{
    readonly client_id: string;
    readonly client_secret: string;
    readonly user: string;
    readonly scopes: readonly string[];
    readonly name?: string;
    /** Cloud: default `acme`. */
    readonly sites?: readonly string[];
  }>;
};

/** What `POST /__sandbox/tokens` takes. */
export type TokenRequest = {
  readonly face: "cloud" | "datacenter";
  readonly user: string;
  readonly name?: string;
  /** Cloud: a token with scopes, which is good at the gateway alone. */
  readonly scopes?: readonly string[];
  readonly days?: number;
};

/** The control API without HTTP: what each call does is said at its path in the documentation of the sandbox. */
export type SandboxControl = {
  state(): StateDescription;
  /** Moves the clock by seconds. */
  advance(seconds: number): void;
  /** Adds faults after those in force. */
  faults(list: readonly Fault[] | Fault): void;
  clearFaults(): void;
  /** Sets switches while it runs; `null` gives one back the value it was started with, a reset all of them. */
  switches(values: Readonly<Record<string, string | null>>): void;
  /** Takes a person out of a Cloud site or a project, or back in. */
  membership(change: MembershipRequest): void;
  /** Who is registered for webhooks, and what was delivered. */
  webhooks(): WebhookListing;
  /** The last requests, oldest first, each with the reason it was refused. */
  requests(): readonly LoggedRequest[];
  /** Everything as at the first start. */
  reset(): void;
  register(registrations: RegistrationRequest): void;
  /** Makes an API token (Cloud) or a personal access token (Data Center); `days` until it ends. */
  makeToken(wanted: TokenRequest): {
    readonly id: string;
    readonly token: string;
    readonly expires_ms?: number;
  };
  /** Takes away a token, or the credential of a service account by its client id; whether there was one. */
  revokeToken(name: string): boolean;
  /** Loads recorded Jira JSON into one site, or into all of them. */
  world(value: unknown, options?: { readonly site?: string; readonly name?: string }): Loaded;
};

export type RunningSandbox = {
  /** The Cloud issuer, for example `http://localhost:8090`. */
  readonly cloudUrl: string;
  /** The Data Center base URL, context path included, for example `http://localhost:8091/jira`. */
  readonly dataCenterUrl: string;
  readonly control: SandboxControl;
  /** Saves the state, closes every connection and frees the ports. */
  stop(): Promise<void>;
};

/**
 * Starts the sandbox on loopback.
 *
 * @param options see `SandboxOptions`; by default two free ports and nothing kept
 * @throws SandboxRefusal when an option cannot be used, a port is taken, a file cannot be read, or under
 *   `NODE_ENV=production`
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<RunningSandbox> {
  if (process.env.NODE_ENV === "production") {
    throw new SandboxRefusal(
      "configuration",
      "The sandbox does not start under NODE_ENV=production: it is a stand-in for Jira with well-known passwords.",
    );
  }
  const resolved = resolveOptions(options);
  const running = createRunning(resolved, options.onFailure ?? (() => {}));
  const [cloud, dataCenter] = await listenBoth(running, resolved.port);
  running.addresses.cloudUrl = resolved.issuer ?? `http://localhost:${cloud.port}`;
  running.addresses.dataCenterUrl =
    resolved.dataCenterIssuer ?? `http://localhost:${dataCenter.port}${contextPath}`;
  let stopping: Promise<void> | undefined;
  return {
    cloudUrl: running.addresses.cloudUrl,
    dataCenterUrl: running.addresses.dataCenterUrl,
    control: directControl(running),
    stop: () => {
      stopping ??= stop(running, [cloud, dataCenter]);
      return stopping;
    },
  };
}

async function listenBoth(running: Running, port: number): Promise<[Listening, Listening]> {
  const face = (name: Face): Server => createFace(name, [...authRoutes(name), ...fileRoutes(name)], running);
  const cloud = await listen(face("cloud"), port);
  try {
    return [cloud, await listen(face("datacenter"), port === 0 ? 0 : port + 1)];
  } catch (error) {
    await cloud.close();
    throw error;
  }
}

async function stop(running: Running, faces: readonly Listening[]): Promise<void> {
  const closing = Promise.all(faces.map((face) => face.close()));
  try {
    running.close();
  } finally {
    await closing;
  }
}

function directControl(running: Running): SandboxControl {
  return {
    state: () => describeState(running),
    advance: (seconds) => void moveClock({ advance_s: seconds }, running),
    faults: (list) => void addFaults(list, running),
    clearFaults: () => void clearFaults(running),
    switches: (values) => void setSwitches(values, running),
    membership: (change) => void setMembership(change, running),
    webhooks: () => listWebhooks(running.sandbox),
    requests: () => running.requests.list(),
    reset: () => void reset(running),
    register: (registrations) => void addRegistrations(registrations, running),
    makeToken: (wanted) => changeTokens(wanted, running) as ReturnType<SandboxControl["makeToken"]>,
    revokeToken: (name) => (changeTokens({ revoke: name }, running) as { revoked: boolean }).revoked,
    world: (value, { site, name = "the given document" } = {}) => loadWorld(value, running, name, site),
  };
}
