/** A signed request for a request token: it proves consumer key, public key, clock and callback at once. */
import { isLatchkeyError, type LatchkeyError } from "../../errors.ts";
import type { HttpResponse } from "../../http.ts";
import { endpointsFor } from "../../protocol/flavors.ts";
import { baseStringOf } from "../../protocol/oauth1/authorize.ts";
import { buildRequestToken, processRequestToken } from "../../protocol/oauth1/dance.ts";
import type { Registration } from "../../vault/index.ts";
import { skewFromDate } from "../clock.ts";
import type { CheckFinding, ConnectParts } from "../contract.ts";
import { momentOf } from "../moment.ts";
import { checkClock } from "./clock.ts";
import { byKind, ok, wrong, wrongBy } from "./findings.ts";
import { signatureFinding } from "./signature.ts";

/** Asks for a request token as a dance would, and leaves it to expire. */
export async function checkConsumer(
  parts: ConnectParts,
  registration: Registration,
): Promise<readonly CheckFinding[]> {
  try {
    return await ask(parts, registration);
  } catch (error) {
    if (!isLatchkeyError(error)) throw error;
    return [byKind(error)];
  }
}

async function ask(parts: ConnectParts, registration: Registration): Promise<readonly CheckFinding[]> {
  const { now, transport, vault } = parts;
  const client = await vault.registrations.oauth1Client(registration.id);
  const endpoints = endpointsFor("datacenter-oauth1", registration);
  const moment = momentOf(parts);
  const oauth_callback = registration.redirect_uri;
  const request = await buildRequestToken(endpoints, client, { ...moment, oauth_callback });
  const sent_at = now();
  const response = await transport.send(request);
  const skew_s = skewFromDate(response.headers.date, sent_at, now());
  const context = { base_string: baseStringOf(request), timestamp: moment.timestamp };
  const findings = judge(registration, response, context);
  const told = findings.some((one) => one.code === "timestamp_refused");
  return told ? findings : [...findings, ...checkClock(skew_s)];
}

function judge(
  registration: Registration,
  response: HttpResponse,
  context: { readonly base_string: string | undefined; readonly timestamp: number },
): readonly CheckFinding[] {
  try {
    processRequestToken(response, context);
  } catch (error) {
    if (!isLatchkeyError(error)) throw error;
    return [explain(registration, response, error)];
  }
  const callback = registration.redirect_uri;
  return [
    ok("consumer", "Jira knows the consumer key, and its public key is the pair of our private key."),
    ok("callback", `Jira takes the callback ${callback}.`, { evidence: { oauth_callback: callback } }),
  ];
}

function explain(registration: Registration, response: HttpResponse, error: LatchkeyError): CheckFinding {
  switch (error.code) {
    case "consumer_key_unknown":
      return wrongBy(error, { consumer_key: registration.client_id });
    case "signature_invalid":
      return signatureFinding(error, registration.public_key?.spki_sha256);
    case "timestamp_refused":
      return wrongBy(error, { skew_s: error.details.skew_s });
    case "parameter_rejected":
      return wrongBy(error, { oauth_callback: registration.redirect_uri, names: error.details.names });
    case "token_answer_unreadable":
      return wordless(response, error);
    default:
      return byKind(error);
  }
}

/** An answer without a word of OAuth, by its status. */
function wordless(response: HttpResponse, error: LatchkeyError): CheckFinding {
  const evidence = { status: response.status };
  if (response.status === 404) {
    return wrong("not_a_jira", "There is no request-token servlet at this address.", {
      fix: "Check the base URL with its context path, and that application links are not switched off.",
      evidence,
    });
  }
  if (response.status === 401) {
    return wrong("consumer_key_unknown", "Jira refuses the request without saying why.", {
      fix: "Fill in the incoming side of the application link; the outgoing side does not count.",
      evidence,
    });
  }
  return byKind(error, evidence);
}
