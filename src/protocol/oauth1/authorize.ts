import { LatchkeyError } from "../../errors.ts";
import { bodyText, type HttpRequest, mediaType } from "../../http.ts";
import type { Secret } from "../../secret.ts";
import { parseForm, percentDecode, percentEncode } from "./encode.ts";
import type { SigningKey } from "./key.ts";
import {
  joinBaseString,
  joinSorted,
  sign,
  signatureBaseString,
  signSync,
  sortable,
  splitUrl,
} from "./signature.ts";

export type OAuth1Client = { readonly consumer_key: string; readonly key: SigningKey };

/** The moment of a request: `timestamp` in seconds; a fresh `nonce` for every try, since Jira remembers each. */
export type At = { readonly timestamp: number; readonly nonce: string };

export type OAuth1Options = At & {
  /**
   * The access token (or request token, in the third step). `""` makes a 2-legged call: Jira wants the parameter
   * present and empty. Absent only in the first step of the dance.
   */
  readonly oauth_token?: Secret | "";
  /** Further protocol parameters: oauth_callback, oauth_verifier, oauth_session_handle. */
  readonly extra?: Readonly<Record<string, string>>;
  /** Sent in the header, never signed. */
  readonly realm?: string;
};

/** Signs requests for one client; make it once and keep it. */
export type Signer = {
  readonly consumer_key: string;
  /** Signs in the thread pool. */
  authorize(request: HttpRequest, options: OAuth1Options): Promise<HttpRequest>;
  /** Signs on the calling thread. */
  authorizeSync(request: HttpRequest, options: OAuth1Options): HttpRequest;
};

type Unsigned = { readonly baseString: string; readonly header: string };

const SCHEME = /^oauth\s+/i;

/** A signer with everything that does not change from request to request worked out. */
export function prepareSigner(client: OAuth1Client): Signer {
  const { consumer_key, key } = client;
  const encodedKey = percentEncode(consumer_key);
  return {
    consumer_key,
    async authorize(request, options) {
      const unsigned = prepare(request, encodedKey, options);
      return signed(request, unsigned, await sign(key, unsigned.baseString));
    },
    authorizeSync(request, options) {
      const unsigned = prepare(request, encodedKey, options);
      return signed(request, unsigned, signSync(key, unsigned.baseString));
    },
  };
}

const signers = new WeakMap<SigningKey, Signer>();

/**
 * Adds the `Authorization: OAuth …` header to a request. Form bodies of a POST are signed in; JSON and multipart
 * bodies take no part. Nothing is ever put in the query: a 2-legged call on behalf of a user carries its `user_id`
 * (or `xoauth_requestor_id`) there already, and is signed with it.
 *
 * @throws LatchkeyError `bad_request` for a form body with another method than POST, for protocol parameters
 *   outside the header, and for a URL that is not absolute
 * @see RFC 5849 section 3.5.1
 */
export function authorizeOAuth1(
  request: HttpRequest,
  client: OAuth1Client,
  options: OAuth1Options,
): Promise<HttpRequest> {
  let signer = signers.get(client.key);
  if (signer?.consumer_key !== client.consumer_key) {
    signer = prepareSigner(client);
    signers.set(client.key, signer);
  }
  return signer.authorize(request, options);
}

function prepare(request: HttpRequest, encodedKey: string, options: OAuth1Options): Unsigned {
  const { uri, query } = splitUrl(request.url);
  const protocol: [name: string, encodedValue: string][] = [
    ["oauth_consumer_key", encodedKey],
    ["oauth_nonce", percentEncode(options.nonce)],
    ["oauth_signature_method", "RSA-SHA1"],
    ["oauth_timestamp", String(options.timestamp)],
    ["oauth_version", "1.0"],
  ];
  const { oauth_token, extra } = options;
  if (oauth_token !== undefined) {
    protocol.push(["oauth_token", oauth_token === "" ? "" : percentEncode(oauth_token.reveal())]);
  }
  for (const name in extra) protocol.push([percentEncode(name), percentEncode(extra[name]!)]);

  const encoded: string[] = [];
  let header = options.realm === undefined ? "OAuth " : `OAuth realm="${quotable(options.realm)}", `;
  for (const [name, value] of protocol) {
    encoded.push(sortable(name, value));
    header += `${name}="${value}", `;
  }
  if (query !== "") addPairs(encoded, query, "The query");
  const form = formOf(request);
  if (form !== "") addPairs(encoded, form, "The form body");
  return { baseString: joinBaseString(request.method, uri, joinSorted(encoded)), header };
}

function addPairs(encoded: string[], text: string, where: string): void {
  for (const [name, value] of parseForm(text)) {
    if (name.startsWith("oauth_")) {
      throw new LatchkeyError(
        "bad_request",
        `${where} carries OAuth parameters; they belong in the header, once.`,
        {
          details: { parameter: name.slice(0, 100) },
          fix: `Leave ${name.slice(0, 100)} out.`,
        },
      );
    }
    encoded.push(sortable(percentEncode(name), percentEncode(value)));
  }
}

/** The body where it takes part in the signature. */
function formOf(request: HttpRequest): string {
  const { body } = request;
  if (body === undefined || body.length === 0) return "";
  if (mediaType(request.headers) !== "application/x-www-form-urlencoded") return "";
  if (request.method.toUpperCase() !== "POST") {
    throw new LatchkeyError(
      "bad_request",
      `A form body can be signed only with POST: Jira's server does not read the form of a ${request.method} request, so the signatures would differ.`,
      { fix: "Send the body as JSON.", details: { method: request.method } },
    );
  }
  return bodyText(request);
}

function quotable(realm: string): string {
  return realm.replace(/[\\"]/g, "\\$&").replace(/[^\x20-\x7e]/g, "");
}

function signed(request: HttpRequest, unsigned: Unsigned, signature: string): HttpRequest {
  const authorization = `${unsigned.header}oauth_signature="${encodeURIComponent(signature)}"`;
  return { ...request, headers: { ...request.headers, authorization } };
}

/**
 * The base string of a request that was signed here, worked out again from its header: for comparing with the one
 * Jira hands back on `signature_invalid`. Holds tokens.
 *
 * @returns `undefined` where the request carries no OAuth 1.0a header
 */
export function baseStringOf(request: HttpRequest): string | undefined {
  const authorization = request.headers.authorization ?? "";
  if (!SCHEME.test(authorization)) return undefined;
  const parameters: [string, string][] = [];
  for (const [, name, value] of authorization.matchAll(/([A-Za-z0-9_.~%-]+)="([^"]*)"/g)) {
    if (name !== "realm") parameters.push([percentDecode(name!), percentDecode(value!)]);
  }
  return signatureBaseString(request.method, request.url, [...parameters, ...parseForm(formOf(request))]);
}
