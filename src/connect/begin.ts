/** The first half of a dance: up to the address where the person decides. */
import { LatchkeyError } from "../errors.ts";
import { endpointsFor, FLAVORS } from "../protocol/flavors.ts";
import { baseStringOf } from "../protocol/oauth1/authorize.ts";
import { authorizeUrl, buildRequestToken, processRequestToken } from "../protocol/oauth1/dance.ts";
import { buildAuthorizeUrl, type OAuth2Client } from "../protocol/oauth2/authorize.ts";
import { codeChallenge, verifierFrom } from "../protocol/oauth2/pkce.ts";
import { Secret } from "../secret.ts";
import type { Attempt, AttemptInput, Registration } from "../vault/index.ts";
import type { BeginInput, Begun, ConnectParts } from "./contract.ts";
import { momentOf } from "./moment.ts";
import { openDance, type Recorder } from "./recorder.ts";
import { usableRegistration } from "./usable.ts";

/** Time to sign in at Jira, find the second factor and read the consent page. */
const OAUTH2_ATTEMPT_MS = 15 * 60_000;
const STATE_BYTES = 32;

/** Begins a dance. Nothing of it counts until the browser that began it brings the answer back. */
export async function begin(parts: ConnectParts, input: BeginInput): Promise<Begun> {
  const registration = await usableRegistration(parts.vault, input.owner, input.registration_id);
  if (registration.credential !== "dance") {
    throw new LatchkeyError("bad_request", "No dance belongs to this registration.", {
      details: { field: "registration_id" },
      fix: "Give a token, or name another registration.",
    });
  }
  await checkReconnect(parts, input, registration);
  const scope = scopeOf(registration, input);
  const site_url = registration.site_base_url ?? input.site_hint;
  const recorder = await openDance(parts, {
    owner: input.owner,
    registration_id: registration.id,
    flavor: registration.flavor,
    ...(site_url !== undefined && { site_url }),
  });
  try {
    recorder.note({ from: "person", to: "latchkey", label: "Connect to Jira" });
    const oauth1 = FLAVORS[registration.flavor].protocol === "oauth1";
    const begun = oauth1
      ? await beginOAuth1(parts, input, registration, recorder)
      : await beginOAuth2(parts, input, registration, scope, recorder);
    recorder.note({
      from: "latchkey",
      to: "person",
      label: "Sent to Jira to decide",
      url: begun.authorize_url,
    });
    await recorder.end("running", { attempt_id: begun.attempt_id });
    return begun;
  } catch (error) {
    throw await recorder.fail(error, {
      registration_id: registration.id,
      ...(input.return_to !== undefined && { return_to: input.return_to }),
    });
  }
}

async function checkReconnect(
  parts: ConnectParts,
  input: BeginInput,
  registration: Registration,
): Promise<void> {
  if (input.reconnect === undefined) return;
  const connection = await parts.vault.connections.get(input.owner, input.reconnect);
  if (connection.state === "pending") throw new LatchkeyError("connection_pending");
  if (connection.registration_id !== registration.id) {
    throw new LatchkeyError("bad_request", "The connection belongs to another registration.", {
      details: { field: "reconnect" },
      fix: "Reconnect with the registration the connection was made with, or connect anew.",
    });
  }
}

function scopeOf(registration: Registration, input: BeginInput): readonly string[] {
  const dialect = FLAVORS[registration.flavor];
  const asked = input.scope ?? registration.scope;
  const scope = asked.length > 0 ? asked : dialect.default_scopes;
  const { refresh_scope } = dialect;
  // An application asks for what it wants to do; what keeps the connection alive goes without saying.
  if (
    input.connect_session_id !== undefined &&
    refresh_scope !== undefined &&
    !scope.includes(refresh_scope)
  ) {
    return [...scope, refresh_scope];
  }
  // Told before the person has been troubled: without it the connection dies within the hour.
  if (dialect.refresh_scope !== undefined && !scope.includes(dialect.refresh_scope)) {
    throw new LatchkeyError(
      "refresh_token_absent",
      `The scopes asked for lack ${dialect.refresh_scope}, so Jira would give no refresh token and the connection would end within the hour.`,
      {
        details: { registration_id: registration.id, scope },
        fix: `Add ${dialect.refresh_scope} to the registration's scopes.`,
      },
    );
  }
  return scope;
}

async function beginOAuth2(
  parts: ConnectParts,
  input: BeginInput,
  registration: Registration,
  scope: readonly string[],
  recorder: Recorder,
): Promise<Begun> {
  const { flavor } = registration;
  if (flavor === "datacenter-oauth1") throw new TypeError("OAuth 1.0a has a dance of its own.");
  const client = withRedirectUri(
    await parts.vault.registrations.oauth2Client(registration.id),
    input.redirect_uri,
  );
  const state = Buffer.from(parts.random(STATE_BYTES)).toString("base64url");
  const code_verifier = verifierFrom(parts.random(STATE_BYTES));
  const attempt = await keep(parts, input, registration, recorder, {
    lookup: state,
    secrets: {
      state: new Secret(state),
      code_verifier: new Secret(code_verifier),
      redirect_uri: client.redirect_uri,
    },
    scope,
    expires_at: parts.now() + OAUTH2_ATTEMPT_MS,
  });
  const authorize_url = buildAuthorizeUrl(FLAVORS[flavor], endpointsFor(flavor, registration), client, {
    scope,
    state,
    code_challenge: codeChallenge(code_verifier),
  });
  return {
    attempt_id: attempt.id,
    authorize_url,
    dance_id: recorder.dance_id,
    expires_at: attempt.expires_at,
  };
}

/** A callback other than the registered one leads to this very machine, and nowhere else. */
function withRedirectUri(client: OAuth2Client, redirect_uri: string | undefined): OAuth2Client {
  if (redirect_uri === undefined) return client;
  if (redirect_uri === "oob") {
    throw new LatchkeyError("bad_request", "Out of band exists only for OAuth 1.0a.", {
      details: { field: "redirect_uri" },
      fix: "Let Jira redirect, and paste the whole URL of the page that does not open.",
    });
  }
  refuseForeign(redirect_uri);
  return { ...client, redirect_uri };
}

function refuseForeign(redirect_uri: string): void {
  const hostname = URL.canParse(redirect_uri) ? new URL(redirect_uri).hostname : "";
  if (/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)) return;
  throw new LatchkeyError(
    "bad_request",
    "Only a loopback address may take the registered callback's place.",
    {
      details: { field: "redirect_uri" },
    },
  );
}

async function beginOAuth1(
  parts: ConnectParts,
  input: BeginInput,
  registration: Registration,
  recorder: Recorder,
): Promise<Begun> {
  const client = await parts.vault.registrations.oauth1Client(registration.id);
  const endpoints = endpointsFor("datacenter-oauth1", registration);
  const oauth_callback = input.redirect_uri ?? registration.redirect_uri;
  if (input.redirect_uri !== undefined && oauth_callback !== "oob") refuseForeign(oauth_callback);
  const moment = momentOf(parts);
  const request = await buildRequestToken(endpoints, client, { ...moment, oauth_callback });
  const response = await recorder.transport.send(request);
  const token = processRequestToken(response, {
    base_string: baseStringOf(request),
    timestamp: moment.timestamp,
  });
  const attempt = await keep(parts, input, registration, recorder, {
    lookup: token.oauth_token,
    secrets: {
      oauth_token: new Secret(token.oauth_token),
      oauth_token_secret: token.oauth_token_secret,
      oauth_callback: oauth_callback === "oob" ? "oob" : "redirect",
    },
    scope: [],
    expires_at: parts.now() + FLAVORS["datacenter-oauth1"].code_lifetime_s * 1000,
  });
  return {
    attempt_id: attempt.id,
    authorize_url: authorizeUrl(endpoints, token.oauth_token),
    dance_id: recorder.dance_id,
    expires_at: attempt.expires_at,
    oauth_token: new Secret(token.oauth_token),
    oauth_token_secret: token.oauth_token_secret,
  };
}

/** What differs from flavor to flavor in the attempt that is kept. */
type Kept = Pick<AttemptInput, "lookup" | "secrets" | "scope" | "expires_at">;

function keep(
  parts: ConnectParts,
  input: BeginInput,
  registration: Registration,
  recorder: Recorder,
  kept: Kept,
): Promise<Attempt> {
  return parts.vault.attempts.begin({
    ...kept,
    owner: input.owner,
    registration_id: registration.id,
    flavor: registration.flavor,
    binding: input.binding,
    dance_id: recorder.dance_id,
    ...(input.site_hint !== undefined && { site_hint: input.site_hint }),
    ...(input.return_to !== undefined && { return_to: input.return_to }),
    ...(input.reconnect !== undefined && { reconnect_id: input.reconnect }),
    ...(input.connect_session_id !== undefined && { connect_session_id: input.connect_session_id }),
  });
}
