/** Policies by name: judged when Latchkey starts, compiled for each site and tenant when they are first used. */
import { createHash } from "node:crypto";
import { LatchkeyError } from "../errors.ts";
import type { Log } from "../log.ts";
import {
  type Admitted,
  type Asked,
  type CompiledPolicy,
  compilePolicy,
  createDirectory,
  createPseudonyms,
  type Directory,
  type FieldDescription,
  type PolicyDocument,
  type Pseudonyms,
  tokensAsked,
} from "../policy/index.ts";
import type { Connection } from "../vault/index.ts";
import { documentFor, type NamedPolicy, readNamed } from "./policy-document.ts";
import { createPolicyKeys, type PolicyKeyring, type PolicyKeysParts } from "./policy-keys.ts";
import { readFields, readPeople, type SiteReader } from "./policy-site.ts";

export type PoliciesParts = PolicyKeysParts & {
  readonly named: readonly NamedPolicy[];
  readonly reader: SiteReader;
  readonly log: Log;
};

/** A policy as it holds at one site, for one tenant. */
export type SitePolicy = CompiledPolicy & {
  readonly name: string;
  /** As `admit`; people named by one-way tokens are looked up among those of the site before. */
  ask(asked: Asked): Promise<Admitted>;
};

export type Policies = {
  /** In the order of the alphabet, without `raw`. */
  names(): readonly string[];
  /** @throws not_found */
  document(name: string): PolicyDocument;
  /** Of which kind of Jira the policy speaks. @throws not_found */
  flavorOf(name: string): PolicyDocument["flavor"];
  /** Whether the policy is one for this connection's kind of Jira. @throws not_found */
  fits(name: string, connection: Connection): boolean;
  /** @throws not_found, policy_denied (a policy of the other kind of Jira), and what reading the site's fields meets */
  compiledFor(name: string, connection: Connection): Promise<SitePolicy>;
  /** Whose tokens a policy makes: the owner's own, unless the policy names a tenant. @throws not_found */
  tenantOf(name: string, owner: string): string;
  pseudonyms(tenant: string): Promise<Pseudonyms>;
  /** The newest first. */
  keys(): Promise<PolicyKeyring>;
  /** Tokens made from now on are new ones; those made before are still understood. */
  renewKeys(): Promise<PolicyKeyring>;
};

type Compiled = { readonly policy: SitePolicy; readonly digest: string; checked: number };

/** How long a site's fields are taken to be what they were. */
const FRESH_MS = 600_000;
/** How long people who were not found are not looked for again. */
const PEOPLE_FRESH_MS = 60_000;
const MOST_COMPILED = 200;

/** @throws config_invalid with every mistake of every policy */
export function createPolicies(parts: PoliciesParts): Policies {
  const documents = readNamed(parts.named);
  const keys = createPolicyKeys(parts);
  const compiled = new Map<string, Promise<Compiled>>();
  const document = (name: string): PolicyDocument => {
    const found = documents.get(name);
    if (!found) throw new LatchkeyError("not_found", `There is no policy ${JSON.stringify(name)}.`);
    return found;
  };
  const fits = (name: string, connection: Connection) =>
    document(name).flavor === (connection.flavor === "cloud" ? "cloud" : "datacenter");
  const tenantOf = (name: string, owner: string) => {
    const { tenant } = document(name);
    return tenant === undefined ? `owner:${owner}` : `named:${tenant}`;
  };
  const pseudonyms = async (tenant: string) => createPseudonyms({ tenant, keys: await keys.current() });

  const make = async (name: string, connection: Connection, before?: Compiled): Promise<Compiled> => {
    const options = { tenant: tenantOf(name, connection.owner), keys: await keys.current() };
    const custom_fields = await readFields(parts.reader, connection);
    const digest = digestOf(custom_fields, options.keys);
    if (before?.digest === digest) return { ...before, checked: performance.now() };
    const compiledHere = compilePolicy(documentFor(document(name), custom_fields), {
      ...options,
      custom_fields,
    });
    const people = peopleOf(
      parts,
      connection,
      createDirectory(document(name).flavor, createPseudonyms(options)),
    );
    const ask = async (asked: Asked) => compiledHere.admit(asked, await people.resolverFor(asked));
    return { policy: { ...compiledHere, name, ask }, digest, checked: performance.now() };
  };
  const renew = (key: string, name: string, connection: Connection, before: Compiled) => {
    // Others go on with what was known; only one asks again.
    before.checked = performance.now();
    make(name, connection, before)
      .then((next) => compiled.set(key, Promise.resolve(next)))
      .catch((error: unknown) => parts.log.warn("policy_not_refreshed", { policy: name, error }));
  };

  return {
    names: () => [...documents.keys()].sort(),
    document,
    flavorOf: (name) => document(name).flavor,
    fits,
    tenantOf,
    pseudonyms,
    keys: () => keys.current(),
    async renewKeys() {
      const renewed = await keys.renew();
      compiled.clear();
      return renewed;
    },
    async compiledFor(name, connection) {
      if (!fits(name, connection)) {
        throw new LatchkeyError(
          "policy_denied",
          `The policy ${name} is for another kind of Jira than this one.`,
          {
            fix: "Use a handle whose policy is for this kind of Jira.",
          },
        );
      }
      const key = JSON.stringify([name, tenantOf(name, connection.owner), connection.site.api_base_url]);
      let found = compiled.get(key);
      if (!found) {
        found = make(name, connection);
        // What failed is tried again by the next call.
        found.catch(() => compiled.delete(key));
        compiled.set(key, found);
        if (compiled.size > MOST_COMPILED) compiled.delete(compiled.keys().next().value ?? "");
      }
      const ready = await found;
      if (performance.now() - ready.checked > FRESH_MS) renew(key, name, connection, ready);
      return ready.policy;
    },
  };
}

function digestOf(fields: readonly FieldDescription[], keys: PolicyKeyring): string {
  const text = JSON.stringify([fields, keys.map(({ id }) => id)]);
  return createHash("sha256").update(text).digest("base64url");
}

/** The people of a site, read when a token is asked for that none of those known so far has. */
function peopleOf(parts: PoliciesParts, connection: Connection, directory: Directory) {
  let reading: Promise<void> | undefined;
  let read = Number.NEGATIVE_INFINITY;
  const readAll = async () => {
    for await (const page of readPeople(parts.reader, connection)) directory.learn(page);
    read = performance.now();
  };
  return {
    async resolverFor(asked: Asked): Promise<Directory["resolve"]> {
      const unknown = tokensAsked(asked).some((token) => directory.resolve(token) === undefined);
      if (unknown && performance.now() - read > PEOPLE_FRESH_MS) {
        reading ??= readAll().finally(() => {
          reading = undefined;
        });
        await reading;
      }
      return directory.resolve;
    },
  };
}
