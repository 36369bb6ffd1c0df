import { LatchkeyError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import { malformed, readCallback, sameSecret } from "../callback.ts";

declare const validated: unique symbol;

/** An approval that was checked against its attempt. Only {@link validateCallback} and its twin make one. */
export type ValidatedOAuth1Callback = {
  readonly oauth_token: string;
  readonly oauth_verifier: Secret;
  readonly [validated]: true;
};

type Expected = { readonly oauth_token: string };

const genuine = new WeakSet<object>();
const FOREIGN = ["error", "error_description", "code", "access_token", "id_token", "token_type"];
/** What Jira writes in place of a verifier when the person declines. */
const DENIED = "denied";
const MAX_PASTED = 8_192;

function brand(oauth_token: string, oauth_verifier: string): ValidatedOAuth1Callback {
  const callback = Object.freeze({ oauth_token, oauth_verifier: new Secret(oauth_verifier) });
  genuine.add(callback);
  return callback as ValidatedOAuth1Callback;
}

/** Whether the value was made here, at runtime too: a look-alike from elsewhere is none. */
export function isValidated(callback: unknown): callback is ValidatedOAuth1Callback {
  return typeof callback === "object" && callback !== null && genuine.has(callback);
}

/**
 * Checks the redirect back from Jira against the attempt. The token is compared before anything else is believed,
 * so that a forged `denied` changes nothing.
 *
 * @throws LatchkeyError `callback_malformed`, `state_mismatch` (another attempt's token) or `access_denied`
 * @see RFC 5849 section 2.2
 */
export function validateCallback(params: URLSearchParams, expected: Expected): ValidatedOAuth1Callback {
  const read = readCallback(params, FOREIGN);
  for (const name of read.keys()) {
    if (name.startsWith("oauth_") && name !== "oauth_token" && name !== "oauth_verifier") {
      throw malformed("The callback carries an OAuth parameter that does not belong there.", name);
    }
  }
  const oauth_token = read.get("oauth_token");
  if (!oauth_token) throw malformed("The callback carries no oauth_token.", "oauth_token");
  if (!sameSecret(oauth_token, expected.oauth_token)) throw new LatchkeyError("state_mismatch");
  return fromVerifier(read.get("oauth_verifier"), expected);
}

/**
 * Checks the verification code a person typed (`oob`). A whole redirect URL pasted in its place is checked like
 * the redirect itself.
 *
 * @throws LatchkeyError as {@link validateCallback}
 */
export function validateVerifier(text: string, expected: Expected): ValidatedOAuth1Callback {
  const typed = text.trim();
  if (typed.length > MAX_PASTED)
    throw malformed("This is far too long for a verification code.", "oauth_verifier");
  if (/^https?:\/\//i.test(typed) && URL.canParse(typed)) {
    return validateCallback(new URL(typed).searchParams, expected);
  }
  if (/\s/.test(typed)) throw malformed("A verification code is one word.", "oauth_verifier");
  return fromVerifier(typed, expected);
}

function fromVerifier(verifier: string | undefined, expected: Expected): ValidatedOAuth1Callback {
  if (!verifier) throw malformed("There is no verification code (oauth_verifier).", "oauth_verifier");
  if (verifier === DENIED) throw new LatchkeyError("access_denied", "The person declined on Jira's page.");
  return brand(expected.oauth_token, verifier);
}
