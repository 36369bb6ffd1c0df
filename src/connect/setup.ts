/** The guided set-up of a Data Center that nobody has registered yet. */
import { LatchkeyError } from "../errors.ts";
import { FLAVORS, type Flavor } from "../protocol/flavors.ts";
import { generateKeyPair, type Registration, type RegistrationInput } from "../vault/index.ts";
import type { ConnectParts, ProposeInput, SetupCompletion } from "./contract.ts";
import { discover, serves } from "./discover.ts";
import { belongsTo } from "./usable.ts";

const KEY_BITS = 2048;
const DEFAULT_CALLBACK = (id: string) => `http://localhost:8080/callback/${encodeURIComponent(id)}`;

/**
 * A draft for the site that was typed, with everything Latchkey can decide: a key pair of its own for an
 * application link, the consumer key, the callback URL, the scopes. A draft that is there already is taken up
 * again, so that coming back to the page does not change the key that was pasted.
 *
 * @throws LatchkeyError as `discover`; `bad_request` for a Cloud site, where each product has one app for all sites
 */
export async function proposeSetup(parts: ConnectParts, input: ProposeInput): Promise<Registration> {
  const { site, flavors } = await discover(parts, {
    owner: input.owner,
    text: input.text,
    trust: input.trust,
    ...(input.flavor !== undefined && { flavor: input.flavor }),
  });
  const flavor = flavors.find((one) => FLAVORS[one].deployment === "datacenter");
  if (flavor === undefined) {
    throw new LatchkeyError("bad_request", "Jira Cloud needs no set-up for each site.", {
      details: { field: "site" },
      fix: "One app in the Atlassian developer console serves all Cloud sites; see docs/real-jira.md.",
    });
  }
  const draft = await draftFor(parts, input, site.base_url, flavor);
  if (draft !== undefined) return draft;
  const id = await freeId(parts, site.base_url, flavor);
  return parts.vault.registrations.add({
    id,
    flavor,
    title: site.title ?? new URL(site.base_url).host,
    site_base_url: site.base_url,
    redirect_uri: (parts.callbackUrl ?? DEFAULT_CALLBACK)(id),
    scope: FLAVORS[flavor].default_scopes,
    state: "draft",
    // What an operator typed is the operator's for everybody; what a customer typed is the customer's alone.
    allowance: input.trust === "operator",
    ...(input.trust === "end-user" && { owner: input.owner }),
    ...(await identityOf(parts, flavor, id)),
  });
}

async function identityOf(
  parts: ConnectParts,
  flavor: Flavor,
  id: string,
): Promise<Pick<RegistrationInput, "client_id" | "private_key">> {
  if (FLAVORS[flavor].protocol !== "oauth1") return { client_id: "" };
  const pair = await generateKeyPair({
    bits: KEY_BITS,
    name: parts.application ?? "Latchkey",
    now: parts.now,
  });
  return { client_id: `latchkey-${id}`, private_key: pair.private_pem };
}

async function draftFor(
  parts: ConnectParts,
  input: ProposeInput,
  base_url: string,
  flavor: Flavor,
): Promise<Registration | undefined> {
  const owner = input.trust === "operator" ? undefined : input.owner;
  const known = await parts.vault.registrations.list(input.owner);
  return known.find(
    (one) => one.state === "draft" && one.flavor === flavor && one.owner === owner && serves(one, base_url),
  );
}

/** A name that says which Jira it is; the random end keeps two owners of one Jira apart, and nobody guesses it. */
async function freeId(parts: ConnectParts, base_url: string, flavor: Flavor): Promise<string> {
  const { hostname, pathname } = new URL(base_url);
  const place = `${hostname}${pathname}`.replace(/[^a-z0-9]+/gi, "-").replace(/^-+|-+$/g, "");
  const kind = FLAVORS[flavor].protocol;
  for (;;) {
    const end = Buffer.from(parts.random(3)).toString("hex");
    const id = `${place.slice(0, 40).replace(/-+$/, "") || "jira"}-${kind}-${end}`;
    if ((await parts.vault.registrations.find(id)) === undefined) return id;
  }
}

/**
 * Ends the set-up: takes what Jira showed after saving (OAuth 2.0), and makes the draft usable. `check` proves the
 * link afterwards; it is not a condition, because a Jira behind a firewall may answer people only.
 *
 * @throws LatchkeyError `not_found`, `registration_incomplete`
 */
export async function completeSetup(parts: ConnectParts, input: SetupCompletion): Promise<Registration> {
  const registration = await parts.vault.registrations.find(input.registration_id);
  if (registration === undefined || !belongsTo(registration, input.owner))
    throw new LatchkeyError("not_found");
  const client_id = input.client_id?.trim();
  const client_secret = input.client_secret;
  return parts.vault.registrations.update(registration.id, {
    state: "active",
    ...(client_id !== undefined && client_id !== "" && { client_id }),
    ...(client_secret !== undefined && { client_secret }),
  });
}
