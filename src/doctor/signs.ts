/** Small questions to what was seen; the rows are written with them. */
import { bodyJson } from "../http.ts";
import { oauthProblemOf } from "../protocol/oauth1/index.ts";
import type { Observation } from "./contract.ts";

/** Whether the words seen hold this. */
export function says(seen: Observation, words: RegExp): boolean {
  return words.test(seen.text ?? "");
}

export function header(seen: Observation, name: string): string {
  return seen.headers?.[name] ?? "";
}

/** The word of OAuth 1.0a that was answered, wherever it stands. */
export function problem(seen: Observation): string | undefined {
  const told = seen.details?.oauth_problem;
  if (typeof told === "string") return told;
  return parameter(seen, "oauth_problem");
}

/** A parameter that came with an `oauth_problem`, decoded. */
export function parameter(seen: Observation, name: string): string | undefined {
  const found = oauthProblemOf({
    status: seen.status ?? 0,
    headers: seen.headers ?? {},
    body: new TextEncoder().encode(seen.text ?? ""),
  });
  const value = name === "oauth_problem" ? found?.oauth_problem : found?.parameters[name];
  if (value !== undefined) return value;
  const written = new RegExp(`\\b${name}=["']?([^\\s&"',<>]+)`).exec(seen.text ?? "")?.[1];
  return written === undefined ? undefined : decoded(written);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

/** Whether it goes by one of these names: ours, or a word of OAuth 1.0a. */
export function named(seen: Observation, ...codes: readonly string[]): boolean {
  if (seen.code !== undefined && codes.includes(seen.code)) return true;
  const word = problem(seen);
  return word !== undefined && codes.includes(word);
}

/** The `error` of an OAuth 2.0 answer, or of the address a browser came back to. */
export function oauth2Error(seen: Observation): string | undefined {
  const told = seen.details?.error;
  if (typeof told === "string") return told;
  const json = jsonOf(seen);
  if (typeof json?.error === "string") return json.error;
  return /[?&]error=([a-z_]+)/.exec(`${seen.url ?? ""} ${seen.text ?? ""}`)?.[1];
}

export function jsonOf(seen: Observation): Readonly<Record<string, unknown>> | undefined {
  if (!/^\s*\{/.test(seen.text ?? "")) return undefined;
  const json = bodyJson({ body: seen.text ?? "" });
  return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : undefined;
}

export function isHtml(seen: Observation): boolean {
  return /text\/html/i.test(header(seen, "content-type")) || says(seen, /^\s*<(!doctype|html)/i);
}

/** How the request was authorized. */
export function scheme(seen: Observation): string {
  return (seen.request_headers?.authorization ?? "").split(" ")[0] ?? "";
}

export function path(seen: Observation): string {
  return seen.url !== undefined && URL.canParse(seen.url) ? new URL(seen.url).pathname : (seen.url ?? "");
}

export function query(seen: Observation): URLSearchParams {
  const { url } = seen;
  if (url === undefined) return new URLSearchParams();
  const mark = url.indexOf("?");
  return new URLSearchParams(mark < 0 ? "" : url.slice(mark));
}

/** Whether the address is a Cloud site's own and not the gateway's. */
export function atSite(seen: Observation): boolean {
  const url = seen.url ?? "";
  return /^https?:\/\/[^/]+\.atlassian\.net\//i.test(url) || /\/sites\/[^/]+\/rest\//.test(url);
}
