/** HTTP messages as plain values: what `protocol/` builds and reads, and what `transport.ts` carries. */

/** Header names are lower case; a header received twice is joined with `", "` (RFC 9110 section 5.3). */
export type HttpHeaders = Readonly<Record<string, string>>;

export type HttpRequest = {
  readonly method: string;
  /** Absolute `http` or `https` URL, path and query already percent-encoded as they go on the wire. */
  readonly url: string;
  readonly headers: HttpHeaders;
  readonly body?: string | Uint8Array;
};

export type HttpResponse = {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: Uint8Array;
};

/** The body as UTF-8 text. */
export function bodyText(message: { readonly body?: string | Uint8Array }): string {
  const { body } = message;
  if (body === undefined) return "";
  return typeof body === "string" ? body : new TextDecoder().decode(body);
}

/** The body as JSON, or `undefined` where it is not JSON: servers and edges answer HTML when least expected. */
export function bodyJson(message: { readonly body?: string | Uint8Array }): unknown {
  try {
    return JSON.parse(bodyText(message));
  } catch {
    return undefined;
  }
}

/** The media type without its parameters, lower case; `""` when absent. */
export function mediaType(headers: HttpHeaders): string {
  return (headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();
}
