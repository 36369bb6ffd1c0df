/** The instances that answer in Psoxy's place, their rules compiled when Latchkey starts. */
import { createHash } from "node:crypto";
import type { PsoxyInstanceFile } from "../../config/index.ts";
import { LatchkeyError } from "../../errors.ts";
import type { Policies } from "../../handles/index.ts";
import {
  checkPsoxyRules,
  compilePsoxyRules,
  createPsoxyPseudonyms,
  createPsoxySanitizer,
  legacyBase64,
  type PseudonymSettings,
  type PsoxyRules,
  type PsoxySanitizer,
} from "../../policy/psoxy/index.ts";

export type PsoxyInstance = {
  readonly name: string;
  readonly flavor: "cloud" | "datacenter";
  readonly sanitizer: PsoxySanitizer;
  /** Ids; absent: those of the handle. */
  readonly connections?: readonly string[];
  readonly source: string;
  readonly implementation: "v0.4" | "v0.3";
  /** Text of the rule file, and SHA-1 of it in hex. */
  readonly rules_text: string;
  readonly rules_sha: string;
  /** Plain values, for the report. */
  readonly rules_document: unknown;
  /** Lets a caller see that the salt is another one. */
  readonly salt_sha256: string;
};

export type PsoxyInstances = {
  /** As handles name them: `psoxy:NAME`. */
  policies(): readonly string[];
  find(name: string): PsoxyInstance | undefined;
};

type Known = Pick<Policies, "names" | "flavorOf">;

/** What handles need to know of policies: named ones, and instances under `psoxy:NAME`. */
export function withInstances(policies: Known, instances: PsoxyInstances): Known {
  return {
    names: () => [...policies.names(), ...instances.policies()],
    flavorOf: (name) =>
      instances.find(name.startsWith(PREFIX) ? name.slice(PREFIX.length) : "")?.flavor ??
      policies.flavorOf(name),
  };
}

const PREFIX = "psoxy:";

/** How a handle names the instance it is for. */
export const policyOf = (name: string) => `${PREFIX}${name}`;

/** @throws LatchkeyError `config_invalid` with every mistake of every rule file, each with file, line and place */
export function createPsoxyInstances(files: readonly PsoxyInstanceFile[]): PsoxyInstances {
  const problems = files.flatMap(problemsOf);
  if (problems.length > 0) {
    const list = problems.map((problem) => `  - ${problem}`).join("\n");
    const count = problems.length === 1 ? "one mistake" : `${problems.length} mistakes`;
    throw new LatchkeyError("config_invalid", `The rules of Psoxy instances have ${count}:\n${list}`, {
      details: { problems },
    });
  }
  const instances = new Map(files.map((file) => [file.name, instanceOf(file)]));
  return {
    policies: () => [...instances.keys()].map(policyOf),
    find: (name) => instances.get(name),
  };
}

function problemsOf({ rules, secrets, path }: PsoxyInstanceFile): string[] {
  const mistakes = checkPsoxyRules(rules.document);
  if (mistakes.length > 0) {
    return mistakes.map(({ path: place, what, fix }) => {
      const line = rules.lineOf(place);
      return `${rules.path}${line === undefined ? "" : `:${line}`}: ${place} ${what}. ${fix}`;
    });
  }
  if (secrets.encryption_key !== undefined || !asksForKey(compilePsoxyRules(rules.document))) return [];
  return [`${path}: encryption_key_file is missing, and ${rules.path} asks for reversible tokens`];
}

function asksForKey({ endpoints }: PsoxyRules): boolean {
  return endpoints.some(({ transforms }) =>
    transforms.some(
      (one) =>
        one.method === "tokenize" ||
        one.method === "encryptIp" ||
        ("includeReversible" in one && one.includeReversible === true),
    ),
  );
}

function instanceOf(file: PsoxyInstanceFile): PsoxyInstance {
  const rules = compilePsoxyRules(file.rules.document);
  const implementation = file.pseudonym_implementation;
  const secrets = Object.entries(file.secrets).map(([name, value]) => [name, value.reveal()]);
  const settings = {
    ...(Object.fromEntries(secrets) as Pick<PseudonymSettings, "salt">),
    email_canonicalization: file.email_canonicalization,
    email_domain_handling: file.email_domain_handling,
    implementation,
    scope: rules.defaultScopeIdForSource ?? file.source,
  };
  const hash = createHash("sha256").update(settings.salt + file.salt_hash_suffix, "utf8");
  return {
    name: file.name,
    flavor: isCloud(rules) ? "cloud" : "datacenter",
    sanitizer: createPsoxySanitizer(rules, createPsoxyPseudonyms(settings)),
    ...(file.connections ? { connections: file.connections } : {}),
    source: file.source,
    implementation,
    rules_text: file.rules.text,
    rules_sha: createHash("sha1").update(file.rules.text, "utf8").digest("hex"),
    rules_document: file.rules.document,
    salt_sha256: legacyBase64(hash.digest()),
  };
}

/** Cloud's paths begin with the gateway's own part and the cloud id. */
function isCloud({ endpoints }: PsoxyRules): boolean {
  return endpoints.some(({ pathTemplate, pathRegex }) =>
    (pathTemplate ?? pathRegex ?? "").includes("/ex/jira/"),
  );
}
