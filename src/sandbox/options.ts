/** The sandbox's options and its table of behaviour switches. */
import { authSwitches } from "./auth/switches.ts";
import { limitSwitches } from "./limits/switches.ts";
import { SandboxRefusal } from "./refusal.ts";
import { restSwitches } from "./rest/switches.ts";
import type { Switch } from "./switch.ts";
import { webhookSwitches } from "./webhooks/switches.ts";
import { userNames } from "./world/people.ts";
import { cloudIds } from "./world/places.ts";

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
  ...restSwitches,
  ...limitSwitches,
  ...webhookSwitches,
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
  /** Told of what went wrong inside: a save that did not succeed, a handler that threw. */
  readonly onFailure?: (error: unknown) => void;
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

/** The switches by name. */
export const switchTable: ReadonlyMap<string, Switch> = new Map(switches.map((row) => [row.name, row]));

/** Checks options and fills in the defaults; a `SandboxRefusal` names the first one that cannot be used. */
export function resolveOptions(options: SandboxOptions): ResolvedOptions {
  const port = options.port ?? 0;
  if (!Number.isInteger(port) || port < 0 || port > 65534) {
    throw new SandboxRefusal(
      "usage",
      "The port must be a whole number from 0 to 65534; Data Center takes the next one.",
    );
  }
  if (options.seed !== undefined && !Number.isSafeInteger(options.seed)) {
    throw new SandboxRefusal("usage", "The seed must be a whole number.");
  }
  return {
    port,
    autoApprove: options.autoApprove === undefined ? undefined : parseAutoApprove(options.autoApprove),
    load: options.load ?? [],
    seed: options.seed ?? 1,
    seeded: options.seed !== undefined,
    state: options.state,
    consumers: options.consumers ?? [],
    redirectUris: options.redirectUris ?? [],
    issuer: address("issuer", options.issuer),
    dataCenterIssuer: address("Data Center issuer", options.dataCenterIssuer),
    switches: checkSwitches(options.switches ?? {}),
  };
}

/** Reads `NAME=VALUE`. */
export function parseSwitch(text: string): readonly [name: string, value: string] {
  const cut = text.indexOf("=");
  if (cut < 1)
    throw new SandboxRefusal("usage", `A switch is written NAME=VALUE, not ${JSON.stringify(text)}.`);
  return [text.slice(0, cut), text.slice(cut + 1)];
}

/** Checks switches by name; a `SandboxRefusal` says which is unknown, or what one of them takes. */
export function checkSwitches(given: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const checked = new Map<string, string>();
  for (const [name, value] of Object.entries(given)) {
    const row = switchTable.get(name);
    if (row === undefined) {
      const names = [...switchTable.keys()].sort().join(", ");
      throw new SandboxRefusal("usage", `There is no switch ${JSON.stringify(name)}. There are: ${names}.`);
    }
    const wanted = wantedValue(row, String(value));
    if (wanted !== undefined) {
      throw new SandboxRefusal("usage", `The switch ${name} takes ${wanted}, not ${JSON.stringify(value)}.`);
    }
    checked.set(name, String(value));
  }
  return checked;
}

/** What the switch takes, when this value is none of it. */
function wantedValue(row: Switch, value: string): string | undefined {
  if (row.values === "text") {
    return row.shape === undefined || row.shape.pattern.test(value) ? undefined : row.shape.words;
  }
  if (row.values === "seconds" || row.values === "number") {
    const fine = /^\d+(?:\.\d+)?$/.test(value);
    return fine ? undefined : row.values === "seconds" ? "a number of seconds" : "a number";
  }
  return row.values.includes(value) ? undefined : row.values.join(" or ");
}

function parseAutoApprove(text: string): AutoApprove {
  const [user = "", sites = "acme", ...more] = text.split("@");
  const names = sites.split(",");
  if (!userNames.includes(user) || more.length > 0) {
    throw new SandboxRefusal(
      "usage",
      `Auto-approve is written USER or USER@SITE,SITE with a user of ${userNames.join(", ")}, not ${JSON.stringify(text)}.`,
    );
  }
  for (const name of names) {
    if (!Object.hasOwn(cloudIds, name)) {
      throw new SandboxRefusal(
        "usage",
        `There is no Cloud site ${JSON.stringify(name)} to approve for. There are: ${Object.keys(cloudIds).join(", ")}.`,
      );
    }
  }
  return { user, sites: names };
}

function address(what: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol) || /[?#]/.test(text)) {
    throw new SandboxRefusal(
      "usage",
      `The ${what} must be an http or https URL, not ${JSON.stringify(text)}.`,
    );
  }
  return text.replace(/\/+$/, "");
}
