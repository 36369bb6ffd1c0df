/** The sandbox's options and its table of behaviour switches. */
import { authSwitches } from "./auth/switches.ts";

/** One behaviour of a real Jira that is not known for certain, or differs between versions. */
export type Switch = {
  readonly name: string;
  /** The values it takes, or the word for what it takes when the values cannot be listed. */
  readonly values: readonly string[] | "seconds" | "number" | "text";
  readonly default: string;
  readonly meaning: string;
};

/**
 * Every `--switch NAME=VALUE`. Rows are grouped by what they change; add a row here before asking for it with
 * `sandbox.switch(name)`, which refuses a name that is not listed.
 */
export const switches: readonly Switch[] = [
  {
    name: "load_hosts",
    values: ["keep", "replace"],
    default: "keep",
    meaning: "whether loaded documents keep the addresses they were recorded with",
  },
  {
    name: "self_host",
    values: ["site", "gateway"],
    default: "site",
    meaning: "whether self links of Cloud name the site or the API gateway",
  },
  ...authSwitches,
];

export type AutoApprove = { readonly user: string; readonly sites: readonly string[] };

export type SandboxOptions = {
  /** Cloud listens here, Data Center on the next port; 0 = two free ports. Default 0 in the library. */
  readonly port?: number;
  /** `alana`, or `alana@acme,globex`: every authorize URL answers as if that user had approved for those sites. */
  readonly autoApprove?: string;
  /** Files of recorded Jira JSON to load before the first request. */
  readonly load?: readonly string[];
  /** Makes the world and every random value reproducible. Default: a fixed world, random tokens. */
  readonly seed?: number;
  /** A file that holds the state over a restart. */
  readonly state?: string;
  /** OAuth 1.0a consumers: key and public key in PEM. */
  readonly consumers?: ReadonlyArray<{
    readonly key: string;
    readonly public_key: string;
    readonly name?: string;
    readonly callback?: string;
  }>;
  /** Added to both OAuth 2.0 applications. */
  readonly redirectUris?: readonly string[];
  /** The address the Cloud face shows. Default: `http://localhost:PORT`. */
  readonly issuer?: string;
  /** The address the Data Center face shows, context path included. Default: `http://localhost:PORT/jira`. */
  readonly dataCenterIssuer?: string;
  /** Behaviour switches by name. */
  readonly switches?: Readonly<Record<string, string>>;
};

export type ResolvedOptions = {
  readonly port: number;
  readonly autoApprove: AutoApprove | undefined;
  readonly load: readonly string[];
  readonly seed: number;
  /** Whether tokens are reproducible: a seed was asked for. */
  readonly seeded: boolean;
  readonly state: string | undefined;
  readonly consumers: ReadonlyArray<{
    readonly key: string;
    readonly public_key: string;
    readonly name?: string;
    readonly callback?: string;
  }>;
  readonly redirectUris: readonly string[];
  readonly issuer: string | undefined;
  readonly dataCenterIssuer: string | undefined;
  readonly switches: ReadonlyMap<string, string>;
};

/** The context path of the Data Center face. */
export const contextPath = "/jira";
