import { percentDecode } from "./encoding.ts";

/** What arrived, reduced to what takes part in OAuth 1.0a. */
export type Received = {
  readonly method: string;
  /** Scheme, authority and raw path as the server sees itself, without the query. */
  readonly url: string;
  readonly authorization: readonly string[];
  readonly query: Iterable<[string, string]>;
  /** Fields of a form body. Tomcat reads them of a POST alone. */
  readonly form: Iterable<[string, string]>;
};

/** The parameters of a request, from wherever they stood, still with every duplicate. */
export type SignedMessage = {
  readonly method: string;
  readonly url: string;
  readonly parameters: ReadonlyArray<readonly [string, string]>;
  /** Those of the query and the form alone: impersonation is read from nowhere else. */
  readonly outsideHeader: ReadonlyArray<readonly [string, string]>;
};

/** Gathers the parameters of the header, the query and (of a POST) the form. */
export function readMessage(received: Received): SignedMessage {
  const outsideHeader: Array<readonly [string, string]> = [...received.query];
  if (received.method === "POST") outsideHeader.push(...received.form);
  const parameters = [...received.authorization.flatMap(parseAuthorization), ...outsideHeader];
  return { method: received.method, url: received.url, parameters, outsideHeader };
}

/** The first value of a parameter, or undefined where it was not sent. */
export function parameter(message: SignedMessage, name: string): string | undefined {
  return message.parameters.find(([key]) => key === name)?.[1];
}

/**
 * Reads one `Authorization` header. Every other scheme gives nothing; a value without double quotes
 * is passed over, and `realm` takes no part.
 */
export function parseAuthorization(header: string): Array<readonly [string, string]> {
  const scheme = /^\s*(\w*)\s+(.*)$/s.exec(header);
  if (scheme?.[1]?.toLowerCase() !== "oauth") return [];
  const pairs: Array<readonly [string, string]> = [];
  for (const part of (scheme[2] ?? "").split(/\s*,\s*/)) {
    const pair = /^(\S*?)\s*=\s*"([^"]*)"$/.exec(part.trim());
    if (!pair) continue;
    const name = percentDecode(pair[1] ?? "");
    if (name.toLowerCase() === "realm") continue;
    pairs.push([name, percentDecode(pair[2] ?? "")]);
  }
  return pairs;
}
