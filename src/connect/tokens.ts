/** A connection from a token that a person made in Jira: proven there first, and kept only then. */
import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import { createJira } from "../jira/index.ts";
import { type Credential, FORM_WORDS, type GivenTokenKind, recogniseToken } from "../protocol/index.ts";
import type { Account, GivenTokens, SiteRef } from "../vault/index.ts";
import type { ConnectParts, Discovery } from "./contract.ts";
import { decide } from "./decide.ts";
import { discover } from "./discover.ts";
import type { Given, TokenInput } from "./token-contract.ts";
import { cloudIdOf, gatewayBase, siteRegistration } from "./token-site.ts";

type Proven = { readonly site: SiteRef; readonly account: Account | undefined };

/** What Jira answers to a token it does not take, or not at this address. */
const REFUSALS = new Set(["jira_unauthorized", "jira_anonymous", "jira_answer_unreadable"]);

/**
 * Finds the Jira, asks it who the token is, and makes the connection, or puts the token under the one that is
 * reconnected.
 *
 * @throws LatchkeyError `token_kind_wrong` for a token that this Jira does not know at all; `token_refused`;
 *   `account_mismatch` (details: before, account); what `discover` throws
 */
export async function withToken(parts: ConnectParts, input: TokenInput): Promise<Given> {
  const discovery = await discover(parts, { owner: input.owner, text: input.site, trust: input.trust });
  const kind: GivenTokenKind = discovery.site.deployment === "cloud" ? "api-token" : "personal-access-token";
  demandForm(input, kind, discovery);
  const proven =
    kind === "api-token"
      ? await proveOnCloud(parts, input, discovery)
      : await proveOnDataCenter(parts, input, discovery);
  const registration = await siteRegistration(parts, input, discovery);
  return await keep(parts, input, registration.id, proven, tokensOf(input, kind));
}

/** What a person mixes up most: said by its name before anything is sent, and nothing of it repeated. */
function demandForm(input: TokenInput, kind: GivenTokenKind, { site }: Discovery): void {
  const text = input.token.reveal();
  const wrong = (says: string, fix = MAKE[kind]) =>
    new LatchkeyError("token_kind_wrong", says, { fix, details: { field: "token", wanted: kind } });
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw wrong("A token is one word of plain letters, digits and signs.", "Copy it again, the whole of it.");
  }
  const form = recogniseToken(text);
  if (form !== undefined && form !== kind) {
    throw wrong(`This is ${FORM_WORDS[form]}. ${site.base_url} takes ${FORM_WORDS[kind]}.`);
  }
  if (input.kind !== undefined && input.kind !== kind) {
    throw wrong(`${site.base_url} knows no ${input.kind}; it takes ${FORM_WORDS[kind]}.`);
  }
  if (kind === "api-token" && !/^[^\s@:]+@[^\s@:]+$/.test(input.email ?? "")) {
    throw new LatchkeyError("bad_request", "An API token goes with the e-mail address of its account.", {
      fix: "Give the e-mail address that you sign in to Atlassian with.",
      details: { field: "email" },
    });
  }
}

const MAKE: Readonly<Record<GivenTokenKind, string>> = {
  "api-token": "Make one at https://id.atlassian.com/manage-profile/security/api-tokens.",
  "personal-access-token": "Make one in Jira: your picture, Profile, Personal Access Tokens.",
};

function tokensOf(input: TokenInput, kind: GivenTokenKind): GivenTokens {
  const { token, email = "", expires_at } = input;
  const ends = expires_at === undefined ? {} : { expires_at };
  return kind === "api-token"
    ? { kind, username: email, password: token, ...ends }
    : { kind, access_token: token, ...ends };
}

async function proveOnDataCenter(
  parts: ConnectParts,
  input: TokenInput,
  { site }: Discovery,
): Promise<Proven> {
  const base = site.base_url.replace(/\/+$/, "");
  const found: SiteRef = {
    id: base,
    url: base,
    name: site.title ?? new URL(base).host,
    api_base_url: base,
    deployment: "datacenter",
    ...(site.version !== undefined && { version: site.version }),
  };
  const credential: Credential = { kind: "bearer", token: input.token, token_id: "given" };
  try {
    return { site: found, account: await whoIs(parts, input, found, credential) };
  } catch (error) {
    throw refused(error, "personal-access-token", base);
  }
}

/** A classic token works at the site's own address; one with scopes at the gateway alone, so that is asked next. */
async function proveOnCloud(parts: ConnectParts, input: TokenInput, discovery: Discovery): Promise<Proven> {
  const url = discovery.site.base_url.replace(/\/+$/, "");
  const id = await cloudIdOf(parts, url, input.trust);
  const name = new URL(url).hostname.endsWith(".atlassian.net")
    ? new URL(url).hostname.split(".")[0]!
    : (url.split("/").at(-1) ?? url);
  const at = (api_base_url: string): SiteRef => ({ id, url, name, api_base_url, deployment: "cloud" });
  const { email = "", token } = input;
  const credential: Credential = { kind: "basic", username: email, password: token, token_id: "given" };
  try {
    return { site: at(url), account: await whoIs(parts, input, at(url), credential) };
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
  const scoped = at(`${gatewayBase(discovery)}/${id}`);
  try {
    return { site: scoped, account: await whoIs(parts, input, scoped, credential) };
  } catch (error) {
    // The token is good, and may not ask who it is.
    if (isLatchkeyError(error) && error.code === "scope_missing") return { site: scoped, account: undefined };
    throw refused(error, "api-token", url);
  }
}

function whoIs(
  parts: ConnectParts,
  { trust }: TokenInput,
  site: SiteRef,
  credential: Credential,
): Promise<Account> {
  const { transport, now, random, log } = parts;
  const jira = createJira({
    flavor: site.deployment === "cloud" ? "cloud" : "datacenter-oauth2",
    api_base_url: site.api_base_url,
    site_url: site.url,
    credentials: { current: async () => credential, rejected: async () => credential },
    transport: { ...transport, send: (request, options) => transport.send(request, { ...options, trust }) },
    now,
    random,
    log,
  });
  return jira.myself();
}

function isRefusal(error: unknown): error is LatchkeyError {
  return isLatchkeyError(error) && REFUSALS.has(error.code);
}

function refused(error: unknown, kind: GivenTokenKind, site: string): unknown {
  if (!isRefusal(error)) return error;
  const also = kind === "api-token" ? " or account" : "";
  return new LatchkeyError(
    "token_refused",
    `${site} does not take this token: it is mistyped, expired, revoked, or of another Jira${also}.`,
    { cause: error, details: error.details, fix: MAKE[kind] },
  );
}

/** Puts proven tokens under the connection they renew, the one that is there already, or a new one. */
export async function keep(
  parts: ConnectParts,
  input: Pick<TokenInput, "owner" | "reconnect" | "confirm_account">,
  registration_id: string,
  { site, account }: Proven,
  tokens: GivenTokens,
): Promise<Given> {
  const { owner, reconnect: reconnect_id, confirm_account: confirmed = false } = input;
  const { vault } = parts;
  const reconnect = reconnect_id === undefined ? undefined : await vault.connections.get(owner, reconnect_id);
  const decision = decide({ sites: [site], account, confirmed, ...(reconnect && { reconnect }) });
  if (decision.kind !== "connect") {
    const details = { before: reconnect?.account ?? null, account: account ?? null };
    throw new LatchkeyError("account_mismatch", "This token is another account's than the connection.", {
      details: { ...details, connection_id: reconnect_id },
      fix: "Give a token of the same account, or confirm the change.",
    });
  }
  const family = await vault.families.create({
    owner,
    registration_id,
    scope_asked: [],
    tokens,
    ...(account && { account }),
    consented_at: parts.now(),
  });
  try {
    const renewed = reconnect_id === undefined ? {} : { reconnect_id };
    return await vault.connections.attach({ owner, family_id: family.id, site, ...renewed });
  } catch (error) {
    await vault.families.forget(owner, family.id);
    throw error;
  }
}
