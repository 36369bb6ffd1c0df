import { LatchkeyError } from "../errors.ts";
import { bodyText } from "../http.ts";
import type { Connection } from "../vault/index.ts";
import { ambiguous, type Context, LOCAL, pickConnection } from "./context.ts";
import { readStdin } from "./io.ts";
import { readText } from "./secret-input.ts";

/** `latchkey request [METHOD] PATH|URL`: an authenticated call; the body goes to stdout as Jira sent it. */
export async function request(context: Context, first: string, second?: string): Promise<void> {
  const { method, target } = methodAndTarget(first, second);
  const body = await bodyOf(context);
  if (body !== undefined && second === undefined) {
    throw new LatchkeyError("usage", "A body was given without a method.", {
      fix: "Say POST or PUT before the path.",
    });
  }
  const { connection, path } = await aim(context, target);
  const { jiraFor } = await context.parts();
  const jira = await jiraFor(LOCAL, connection.id);
  if (context.flags.paginate) {
    if (method !== "GET") throw new LatchkeyError("usage", "--paginate reads pages; it goes with GET only.");
    const items: unknown[] = [];
    for await (const item of jira.paginate(path)) items.push(item);
    context.voice.json(items);
    return;
  }
  const answer = await jira.request({
    method,
    path,
    headers: headersOf(context.flags.header),
    ...(body === undefined ? {} : { body }),
  });
  if (context.flags.include) {
    context.voice.data(`HTTP ${answer.status}`);
    for (const [name, value] of Object.entries(answer.headers)) context.voice.data(`${name}: ${value}`);
    context.voice.data("");
  }
  const text = bodyText(answer);
  if (text !== "") context.io.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

function methodAndTarget(first: string, second: string | undefined): { method: string; target: string } {
  if (second === undefined) {
    if (METHODS.has(first)) {
      throw new LatchkeyError("usage", `${first} needs a path or URL after it.`, {
        fix: `Write latchkey request ${first} /rest/api/2/myself, for example.`,
      });
    }
    return { method: "GET", target: first };
  }
  if (!/^[A-Z]+$/.test(first)) {
    throw new LatchkeyError("usage", `${JSON.stringify(first)} is not a method.`, {
      fix: "Write it in capitals: GET, POST, PUT, DELETE.",
    });
  }
  return { method: first, target: second };
}

async function bodyOf(context: Context): Promise<string | undefined> {
  const data = context.flags.data;
  if (typeof data !== "string") return undefined;
  if (data === "-") return readStdin(context.io);
  return data.startsWith("@") ? readText(data.slice(1)) : data;
}

function headersOf(given: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of Array.isArray(given) ? (given as string[]) : []) {
    const colon = line.indexOf(":");
    if (colon < 1)
      throw new LatchkeyError("usage", `${JSON.stringify(line)} is not a header.`, {
        fix: "Write Name: value.",
      });
    headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  if (headers.authorization)
    throw new LatchkeyError("usage", "The Authorization header is Latchkey's to set.");
  return { ...(headers["content-type"] ? {} : { "content-type": "application/json" }), ...headers };
}

/** The connection a target belongs to, and the path below its base. No credential is attached before this. */
async function aim(context: Context, target: string): Promise<{ connection: Connection; path: string }> {
  const named = typeof context.flags.connection === "string" ? context.flags.connection : undefined;
  if (!/^https?:\/\//i.test(target)) {
    return {
      connection: await pickConnection(context, named),
      path: target.startsWith("/") ? target : `/${target}`,
    };
  }
  const { vault } = await context.parts();
  const candidates = named ? [await pickConnection(context, named)] : await vault.connections.list(LOCAL);
  const fitting = candidates.flatMap((connection) => {
    const path = below(target, connection.site.url) ?? below(target, connection.site.api_base_url);
    return path === undefined ? [] : [{ connection, path }];
  });
  if (fitting.length === 1) return fitting[0]!;
  if (fitting.length > 1) throw ambiguous(fitting.map((one) => one.connection));
  throw new LatchkeyError("url_outside_connections", `${target} is outside every connection's base.`);
}

/** The rest of a URL below a base, or `undefined` where it is elsewhere. */
function below(target: string, base: string): string | undefined {
  if (!URL.canParse(target) || !URL.canParse(base)) return undefined;
  const url = new URL(target);
  const root = new URL(base);
  if (url.origin !== root.origin || url.username || url.password) return undefined;
  const prefix = root.pathname.replace(/\/+$/, "");
  if (!url.pathname.startsWith(`${prefix}/`)) return undefined;
  return url.pathname.slice(prefix.length) + url.search;
}
