/** The form of HTTP Archive 1.2, as its description lists the fields: what must be there, and of which kind. */
type Kind = "string" | "number" | "object" | "array" | "date";
type Form = Readonly<Record<string, Kind | `${Kind}?`>>;

const LOG: Form = {
  version: "string",
  creator: "object",
  browser: "object?",
  pages: "array?",
  entries: "array",
  comment: "string?",
};
const CREATOR: Form = { name: "string", version: "string", comment: "string?" };
const ENTRY: Form = {
  pageref: "string?",
  startedDateTime: "date",
  time: "number",
  request: "object",
  response: "object",
  cache: "object",
  timings: "object",
  serverIPAddress: "string?",
  connection: "string?",
  comment: "string?",
};
const REQUEST: Form = {
  method: "string",
  url: "string",
  httpVersion: "string",
  cookies: "array",
  headers: "array",
  queryString: "array",
  postData: "object?",
  headersSize: "number",
  bodySize: "number",
  comment: "string?",
};
const RESPONSE: Form = {
  status: "number",
  statusText: "string",
  httpVersion: "string",
  cookies: "array",
  headers: "array",
  content: "object",
  redirectURL: "string",
  headersSize: "number",
  bodySize: "number",
  comment: "string?",
};
const CONTENT: Form = {
  size: "number",
  compression: "number?",
  mimeType: "string",
  text: "string?",
  encoding: "string?",
  comment: "string?",
};
const PAIR: Form = { name: "string", value: "string", comment: "string?" };
const TIMINGS: Form = {
  blocked: "number?",
  dns: "number?",
  connect: "number?",
  send: "number",
  wait: "number",
  receive: "number",
  ssl: "number?",
  comment: "string?",
};

/** Every place in which an archive is none; names that begin with an underscore are its writer's own. */
export function faultsOfHar(har: unknown): string[] {
  const { log } = har as { log: Record<string, unknown> };
  const entries = (log?.entries ?? []) as Record<string, Record<string, unknown>>[];
  return [
    ...faults("log", log, LOG),
    ...(log?.version === "1.2" ? [] : ["log.version"]),
    ...faults("creator", log?.creator, CREATOR),
    ...entries.flatMap((entry, n) => faultsOfEntry(`entries[${n}]`, entry)),
  ];
}

function faultsOfEntry(at: string, entry: Record<string, Record<string, unknown>>): string[] {
  const { request = {}, response = {}, timings = {} } = entry;
  const pairs = [request.headers, request.queryString, response.headers].flat() as unknown[];
  const spent = ["blocked", "dns", "connect", "send", "wait", "receive"].reduce(
    (sum, name) => sum + Math.max(0, Number(timings[name] ?? 0)),
    0,
  );
  return [
    ...faults(at, entry, ENTRY),
    ...faults(`${at}.request`, request, REQUEST),
    ...faults(`${at}.response`, response, RESPONSE),
    ...faults(`${at}.response.content`, response.content, CONTENT),
    ...faults(`${at}.timings`, timings, TIMINGS),
    ...pairs.flatMap((pair) => faults(`${at}.pair`, pair, PAIR)),
    ...(spent === (entry.time as unknown) ? [] : [`${at}.time is not the sum of its timings`]),
  ];
}

function faults(at: string, value: unknown, form: Form): string[] {
  if (typeof value !== "object" || value === null) return [at];
  const fields = value as Record<string, unknown>;
  const unknown = Object.keys(fields).filter((name) => !name.startsWith("_") && !(name in form));
  const wrong = Object.entries(form).filter(([name, kind]) => !fits(fields[name], kind));
  return [...unknown, ...wrong.map(([name]) => name)].map((name) => `${at}.${name}`);
}

function fits(value: unknown, kind: string): boolean {
  if (value === undefined) return kind.endsWith("?");
  const wanted = kind.replace("?", "");
  if (wanted === "array") return Array.isArray(value);
  if (wanted === "date") return typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value);
  return typeof value === wanted && value !== null && !Array.isArray(value);
}
