/** Requests that should never have been sent, by kinds; the n-th of a seed is the same everywhere. */
import { badBody } from "./bodies.ts";
import { type Draw, drawFrom } from "./draw.ts";
import { badFraming } from "./framing.ts";
import type { Target } from "./house.ts";
import { badForm, badInput, hostileQuery } from "./inputs.ts";
import { badKey, badMethod, badParameter, badPath } from "./tricks.ts";

/** Stands in every request that must not reach Jira, wherever in it. */
export const MARK = "must-not-arrive";
/** Stands in the address of every query that is held to projects. */
export const HELD = "held";

export type Shot = {
  readonly kind: string;
  /** One character for each byte. */
  readonly bytes: string;
  /**
   * `refused`: with a 4xx or by cutting the connection. `unharmed`: whatever it is answered, but not with a 5xx.
   * `served`: with 200, because nothing is wrong with it.
   */
  readonly expects: "refused" | "unharmed" | "served";
  /** Has a connection of its own, on which an answer may never come. */
  readonly alone: boolean;
  readonly head: boolean;
};

type Kind = (draw: Draw, target: Target) => Omit<Shot, "kind" | "head"> & { readonly method?: string };

type Parts = {
  readonly method?: string;
  readonly path: string;
  readonly key?: string;
  readonly authorization?: string;
  readonly headers?: readonly string[];
  readonly body?: { readonly type: string; readonly text: string; readonly headers?: readonly string[] };
};

function headOf(
  { port }: Target,
  { method = "GET", path, key, authorization, headers = [] }: Parts,
): string[] {
  const bearer = authorization ?? (key === undefined ? undefined : `Bearer ${key}`);
  return [
    `${method} ${path} HTTP/1.1`,
    `Host: localhost:${port}`,
    ...(bearer === undefined ? [] : [`Authorization: ${bearer}`]),
    ...headers,
  ];
}

function message(target: Target, parts: Parts): string {
  const { body } = parts;
  const describing = body
    ? [`Content-Type: ${body.type}`, `Content-Length: ${body.text.length}`, ...(body.headers ?? [])]
    : [];
  return `${[...headOf(target, parts), ...describing].join("\r\n")}\r\n\r\n${body?.text ?? ""}`;
}

const refused = (target: Target, parts: Parts, alone = false) =>
  ({ bytes: message(target, parts), expects: "refused", alone, method: parts.method ?? "GET" }) as const;
const unharmed = (target: Target, parts: Parts, alone = false) =>
  ({ bytes: message(target, parts), expects: "unharmed", alone, method: parts.method ?? "GET" }) as const;

const READS = ["GET", "HEAD", "POST", "PUT", "DELETE"];
const OVERRIDES = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"];

const KINDS: Readonly<Record<string, readonly [weight: number, kind: Kind]>> = {
  path: [
    16,
    (draw, target) => {
      const psoxy = draw.chance(20);
      const base = psoxy ? "/psoxy/jira/ex/jira/acme" : `/jira/${target.connection}`;
      const path = `${base}${badPath(draw)}?x=${MARK}`;
      const parts = { method: draw.one(READS), path, key: target.keys[psoxy ? "psoxy" : "raw"] };
      // Where a path arrives resolved, and without what follows a hash, it may have become a good one.
      return psoxy ? unharmed(target, parts) : refused(target, parts);
    },
  ],
  parameter: [
    10,
    (draw, target) => {
      const path = `/jira/${target.connection}/rest/api/3/myself?${badParameter(draw)}&x=${MARK}`;
      return refused(target, { method: draw.one(READS), path, key: target.keys.raw });
    },
  ],
  method: [
    6,
    (draw, target) => {
      const path = `/jira/${target.connection}/rest/api/3/myself?x=${MARK}`;
      if (draw.chance(60))
        return refused(target, { method: badMethod(draw), path, key: target.keys.raw }, true);
      const headers = [`${draw.one(OVERRIDES)}: ${draw.one(["DELETE", "PUT", MARK])}`];
      return refused(target, { method: draw.one(READS), path, key: target.keys.raw, headers });
    },
  ],
  key: [
    12,
    (draw, target) => {
      const { keys, connection } = target;
      const authorization = badKey(draw, draw.one([keys.raw, keys.manages, keys.psoxy]), [
        keys.revoked,
        keys.expired,
      ]);
      const path = draw.one([
        `/jira/${connection}/rest/api/3/myself?x=${MARK}`,
        "/api/v1/connections",
        "/api/v1/handles",
        `/psoxy/jira/ex/jira/acme/rest/api/3/issue/JJ-2?x=${MARK}`,
      ]);
      return refused(target, { path, authorization });
    },
  ],
  limits: [
    12,
    (draw, target) => {
      const { keys, connection, foreign } = target;
      const x = `x=${MARK}`;
      const [key, path, method = "GET"] = draw.one<readonly [string, string, string?]>([
        [keys.narrow, `/jira/${connection}/rest/api/3/issues/JJ-2?${x}`],
        [keys.narrow, `/jira/${connection}/rest/api/3/issue/JJ-2?${x}`, "DELETE"],
        [keys.narrow, `/jira/${connection}/REST/api/3/issue/JJ-2?${x}`],
        [keys.raw, `/jira/${foreign}/rest/api/3/myself?${x}`],
        [keys.raw, `/jira/con_${draw.word(22).replace(/[_-]/g, "A")}/rest/api/3/myself?${x}`],
        [keys.raw, `/psoxy/jira/ex/jira/acme/rest/api/3/issue/JJ-2?${x}`],
        [keys.reads, `/jira/${connection}/rest/api/3/myself?${x}`],
        [keys.reads, "/api/v1/handles", "POST"],
        [keys.raw, "/api/v1/connections"],
        [keys.psoxy, `/psoxy/${draw.word(6).toLowerCase()}/ex/jira/acme/rest/api/3/issue/JJ-2?${x}`],
        [keys.psoxy, `/psoxy/jira/ex/jira/${draw.word(8)}/rest/api/3/issue/JJ-2?${x}`],
        [keys.psoxy, `/psoxy/jira/ex/jira/acme/rest/api/3/user/email?${x}`],
        [keys.policy, `/jira/${connection}/rest/api/3/user/search?${x}`],
        [keys.policy, `/jira/${connection}/rest/api/3/issue/JJ-2?${x}`, draw.one(["PUT", "DELETE"])],
        [
          keys.projects,
          `/jira/${connection}/rest/api/3/issue/OTHER-${draw.number(99)}?${x}`,
          draw.one(READS),
        ],
        [keys.projects, `/jira/${connection}/rest/api/3/project/OTHER?${x}`],
        [keys.projects, `/jira/${connection}/rest/api/3/issue/JJ-2?expand=names&${x}`],
        [keys.projects, `/jira/${connection}/rest/api/3/issue/picker?${x}`],
      ]);
      return refused(target, { method, path, key });
    },
  ],
  query: [
    8,
    (draw, target) => {
      const jql = encodeURIComponent(hostileQuery(draw));
      const path = `/jira/${target.connection}/rest/api/3/search/jql?jql=${jql}&y=${HELD}`;
      return unharmed(target, { path, key: target.keys.projects });
    },
  ],
  framing: [
    10,
    (draw, target) => {
      const base = `/jira/${target.connection}/rest/api/3/myself`;
      const { raw } = target.keys;
      const hidden = message(target, { path: `${base}?x=${MARK}`, key: raw });
      const head = headOf(target, { method: draw.one(["POST", "PUT", "GET"]), path: base, key: raw });
      return { bytes: badFraming(draw, head, hidden), expects: "unharmed", alone: true };
    },
  ],
  body: [
    8,
    (draw, target) => {
      const { keys, connection } = target;
      const [name, path] = draw.one<readonly [keyof typeof keys, string]>([
        ["policy", `/jira/${connection}/rest/api/3/search/jql`],
        ["policy", `/jira/${connection}/rest/api/3/issue/JJ-2/comment`],
        ["psoxy", "/psoxy/jira/ex/jira/acme/rest/api/3/search/jql"],
        ["projects", `/jira/${connection}/rest/api/3/search/jql`],
        ["projects", `/jira/${connection}/rest/api/3/issue`],
        ["projects", `/jira/${connection}/rest/api/3/issue/JJ-2/comment`],
      ]);
      const body = badBody(draw, name === "projects" ? "x" : MARK);
      return unharmed(target, { method: draw.one(["POST", "PUT"]), path, key: keys[name], body });
    },
  ],
  api: [
    8,
    (draw, target) => {
      const { method, path, body } = badInput(draw, target);
      return refused(target, { method, path, key: target.keys.manages, body: body ?? badBody(draw, "x") });
    },
  ],
  page: [
    5,
    (draw, target) => {
      const { method, path, headers, body, expects } = badForm(draw, target);
      const parts: Parts = { method, path, headers, ...(body && { body }) };
      return { bytes: message(target, parts), expects, alone: false, method };
    },
  ],
  noise: [
    5,
    (draw, target) => {
      const { keys, connection } = target;
      const path = `/jira/${connection}/rest/api/3/issue/JJ-2?fields=summary`;
      const body = { type: "application/json", text: '{"fields":{"summary":"x"}}' };
      const whole = message(target, { method: "PUT", path, key: keys.raw, body });
      return { bytes: noisy(draw, whole), expects: "unharmed", alone: true };
    },
  ],
  good: [
    1,
    (_draw, target) => {
      const path = `/jira/${target.connection}/rest/api/3/myself`;
      return { bytes: message(target, { path, key: target.keys.raw }), expects: "served", alone: false };
    },
  ],
};

/** The same with a few bytes changed, put in, taken out or said twice. */
function noisy(draw: Draw, text: string): string {
  let out = text;
  for (let left = 1 + draw.number(5); left > 0; left--) {
    const at = draw.number(out.length);
    const cut = draw.one([0, 1, 1, draw.number(20)]);
    const put = draw.one([
      "",
      draw.bytes(1),
      draw.bytes(1),
      draw.one(["\r\n", "\0", "%", "/..", ";"]),
      out.slice(at, at + 30),
    ]);
    out = out.slice(0, at) + put + out.slice(at + cut);
  }
  return out;
}

const WHEEL = Object.entries(KINDS).flatMap(([name, [weight]]) => Array.from({ length: weight }, () => name));

/** The n-th bad request of a seed against a target. */
export function shot(seed: number, n: number, target: Target): Shot {
  const draw = drawFrom(Math.imul(seed, 0x9e3779b1) ^ n);
  const kind = draw.one(WHEEL);
  const { method, ...made } = KINDS[kind]![1](draw, target);
  return { ...made, kind, head: method === "HEAD" };
}
