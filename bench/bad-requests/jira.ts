/** The Jira of the attack: answers everything, and looks at everything that reaches it. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { HELD, MARK } from "./grammar.ts";

export type Watched = {
  readonly url: string;
  readonly token: string;
  readonly arrived: () => number;
  /** What should not have come, or not in this form. */
  readonly wrong: readonly string[];
  close(): Promise<void>;
};

const PASSING = new Set(
  (
    "host connection authorization accept accept-encoding accept-language user-agent content-type content-length " +
    "transfer-encoding if-match if-none-match if-modified-since range x-atlassian-token x-experimentalapi " +
    "x-force-accept-language"
  ).split(" "),
);
const FORBIDDEN =
  /^\/(rest\/(pat|auth|oauth2?|applinks|webhooks|jira-webhook)|plugins\/servlet|s\/.*\/_|rest\/api\/[^/]+\/webhook)(\/|$)/i;
const AMBIGUOUS = /\/\/|\/\.{1,2}(\/|$)|[;\\#]|%(2f|5c|2e|25|3b|23|3f|0|1|7f)/i;
const CREDENTIAL = /(^|[&;])(x?oauth_[^=]*|os_[^=]*|access_token|jwt)(=|&|$)/i;
const BELOW = "/ex/jira/acme";

export async function watchedJira(): Promise<Watched> {
  const token = "the-token-that-only-jira-may-see";
  const wrong: string[] = [];
  let arrived = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      // The caller went away, and its call with it: what came of it is looked at nevertheless.
    }
    arrived++;
    for (const says of judged(request, Buffer.concat(chunks).toString("latin1"), token))
      if (wrong.length < 50) wrong.push(`${says}: ${request.method} ${request.url?.slice(0, 300)}`);
    const [status, json] = answerTo(request.url ?? "");
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    token,
    arrived: () => arrived,
    wrong,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function judged(request: IncomingMessage, body: string, token: string): string[] {
  const { url = "", headers } = request;
  const found: string[] = [];
  const [path = "", query = ""] = url.split("?", 2);
  const below = path.startsWith(`${BELOW}/`) ? path.slice(BELOW.length) : "";
  // In a body it stands as a text of JSON; a request hidden in one is only a body, as long as it stays in it.
  const marked = `${url}${JSON.stringify(headers)}`.includes(MARK) || body.includes(`"${MARK}"`);
  if (marked) found.push("what must not arrive");
  if (headers.authorization !== `Bearer ${token}`) found.push("another credential");
  for (const name of Object.keys(headers)) if (!PASSING.has(name)) found.push(`the header ${name}`);
  if (below === "") found.push("outside of the site");
  if (AMBIGUOUS.test(path) || FORBIDDEN.test(below)) found.push("a path that is refused");
  if (CREDENTIAL.test(decoded(query))) found.push("a parameter that is refused");
  const asked = new URLSearchParams(query);
  if (asked.get("y") === HELD && !isHeld(asked.get("jql") ?? "")) found.push("a query that is not held");
  return found;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const ONLY = "project in (10000)";

/** Whether nothing of a query stands outside of the parentheses that are joined with the projects. */
export function isHeld(jql: string): boolean {
  let quote = "";
  let depth = 0;
  let outside = "";
  for (let i = 0; i < jql.length; i++) {
    const letter = jql[i]!;
    if (quote !== "") {
      if (letter === "\\") i++;
      else if (letter === quote) quote = "";
      continue;
    }
    if (letter === '"' || letter === "'") quote = letter;
    if (letter === "(") depth++;
    if (depth === 0) outside += letter === '"' || letter === "'" ? "?" : letter;
    if (letter === ")" && --depth < 0) return false;
  }
  const order = "( ORDER BY [?a-z0-9\\[\\], ]+)?";
  const within = jql.includes(ONLY) && new RegExp(`^( AND )?project in ${order}$`, "i").test(outside);
  return quote === "" && depth === 0 && within;
}

function answerTo(url: string): readonly [number, unknown] {
  const path = url.split("?")[0]!.slice(BELOW.length);
  const issue = /^\/rest\/api\/3\/issue\/([A-Za-z0-9_-]+)$/.exec(path)?.[1];
  if (issue !== undefined) {
    const inside = /^(JJ-|1)/i.test(issue);
    const project = inside ? { id: "10000", key: "JJ" } : { id: "20000", key: "OTHER" };
    return [200, { id: inside ? "10001" : "20001", key: issue, fields: { project, summary: "x" } }];
  }
  if (/\/project\/(JJ|10000)$/i.test(path)) return [200, { id: "10000", key: "JJ" }];
  if (/\/project\//.test(path)) return [200, { id: "20000", key: "OTHER" }];
  if (/\/field$/.test(path)) return [200, []];
  if (/\/search/.test(path)) return [200, { issues: [], isLast: true }];
  return [200, {}];
}
