/** Input that names the right fields and fills them wrongly, for the API, the forms and the queries. */
import type { Draw } from "./draw.ts";
import type { Target } from "./house.ts";

const PRIVATE_URLS =
  "http://127.0.0.1/ http://[::1]/ http://169.254.169.254/ http://10.0.0.1 http://0x7f.1/ file:///etc/passwd gopher://x javascript:1 http://u:p@x/".split(
    " ",
  );

type Input = {
  readonly method: string;
  readonly path: string;
  /** Absent: any broken body will do. */
  readonly body?: { readonly type: string; readonly text: string };
};

/** A call of the API that is refused for what it says. */
export function badInput(draw: Draw, { foreign }: Target): Input {
  const strange = draw.one<unknown>([
    null,
    Number.MAX_VALUE,
    -1,
    "",
    "x".repeat(300),
    [],
    {},
    [[]],
    true,
    "\u0000",
    draw.word(9),
  ]);
  const url = draw.one(PRIVATE_URLS);
  const post = (path: string, json: unknown): Input => ({
    method: "POST",
    path,
    body: { type: "application/json", text: Buffer.from(JSON.stringify(json)).toString("latin1") },
  });
  return draw.one<() => Input>([
    () => post("/api/v1/handles", { name: strange, connection_ids: strange }),
    () => post("/api/v1/handles", { name: "x", connection_ids: [foreign] }),
    () => post("/api/v1/handles", { name: "x", connection_ids: [], limits: { policy: draw.word(8) } }),
    () =>
      post("/api/v1/handles", {
        name: "x",
        connection_ids: [],
        limits: { path_prefixes: [`${draw.bytes(5)}%`] },
      }),
    () =>
      post("/api/v1/handles", { name: "x", connection_ids: [], expires_at: draw.number(1e6), admin: true }),
    () => post("/api/v1/webhooks", { url, events: strange }),
    () => post("/api/v1/connect-sessions", { return_to: url, user: strange }),
    () => post("/api/v1/registrations", { flavor: strange, site_base_url: url }),
    () => post(`/api/v1/connections/${foreign}/refresh`, {}),
    () => post(`/api/v1/connections/con_${draw.word(10)}/test`, {}),
    () => ({ method: "DELETE", path: `/api/v1/connections/${foreign}` }),
    () => ({ method: "DELETE", path: `/api/v1/handles/hdl_${draw.word(20)}` }),
    () => ({ method: "POST", path: "/api/v1/handles" }),
    () => ({ method: "POST", path: "/api/v1/connections" }),
    () => ({ method: "POST", path: "/api/v1/connect-sessions" }),
    () => ({ method: draw.one(["PUT", "PATCH", "DELETE"]), path: "/api/v1/connections" }),
    () => ({ method: "POST", path: `/api/v1/${draw.word(12)}` }),
    () => ({ method: "POST", path: `/api/v1/handles/${encodeURIComponent(draw.bytes(10))}` }),
  ])();
}

type Form = Input & { readonly headers: readonly string[]; readonly expects: "refused" | "unharmed" };

const FORMS = ["/connect", "/connect/token", "/registrations", "/admin/enter", "/admin/leave"];

/** A page that is asked for in a way no page of ours leads to. */
export function badForm(draw: Draw, { connection, foreign, port }: Target): Form {
  const body = {
    type: "application/x-www-form-urlencoded",
    text: `site=${draw.one(PRIVATE_URLS)}&x=${draw.word(9)}`,
  };
  const own = `http://localhost:${port}`;
  const path = draw.one([
    ...FORMS,
    `/connections/${connection}/disconnect`,
    `/connections/${connection}/handles`,
  ]);
  const foreignly = draw.one([
    "Origin: https://evil.example",
    "Origin: null",
    `Origin: ${own}.evil.example`,
    "Sec-Fetch-Site: cross-site",
    "User-Agent: Mozilla/5.0",
    "Referer: https://evil.example/",
  ]);
  const get = (target: string, ...headers: string[]): Form => ({
    method: "GET",
    path: target,
    headers,
    expects: "unharmed",
  });
  return draw.one<() => Form>([
    () => ({ method: "POST", path, headers: [foreignly], body, expects: "refused" }),
    () => ({ method: "POST", path, headers: [foreignly], body, expects: "refused" }),
    () => ({
      method: "POST",
      path,
      headers: [`Origin: ${own}`],
      body: { type: draw.one(["text/plain", "application/json", body.type]), text: draw.bytes(60) },
      expects: "unharmed",
    }),
    () => ({ ...get(`/connections/${foreign}`), expects: "refused" }),
    () => get(`/callback/acme?state=${draw.word(40)}&code=${draw.word(10)}`),
    () => get(`/callback/${draw.word(9)}?oauth_token=${draw.word(20)}&oauth_verifier=${draw.word(6)}`),
    () => get(`/connect/session/${draw.word(20)}?secret=${draw.word(40)}`),
    () => get(`/admin/enter?token=${draw.word(43)}`),
    () => get(`/assets/${draw.one(["../package.json", "..%2f..%2fpackage.json", "%00", draw.word(9)])}`),
    () => get("/", `Cookie: __Host-latchkey-${port}=${draw.word(43)}; a=${draw.word(3_000)}`),
    () => get("/", "X-Forwarded-Host: evil.example", "X-Forwarded-For: 127.0.0.1", "Forwarded: host=evil"),
    () => get(`/connections/${connection}/issues/${encodeURIComponent(`${draw.word(3)}-${draw.bytes(3)}`)}`),
    () => get(`/${encodeURIComponent(draw.bytes(30))}`),
    () => get(`/?${encodeURIComponent(draw.bytes(20))}=${"a".repeat(draw.number(5_000))}`),
  ])();
}

const REACHING = [
  "project = OTHER",
  'summary ~ "x") OR (project = OTHER',
  'x = "y\\" OR project = OTHER OR a = "',
  "x = 'y') OR project = OTHER -- ",
  "project = JJ OR project = OTHER ORDER BY created) OR (a = b",
  "issue in linkedIssues(OTHER-1)",
  "filter = 10000",
  'issue in portfolioChildIssuesOf("OTHER-1")',
  "project in projectsLeadByUser()",
  "a = b OR NOT (project in (10000))",
  "a was b during (now(), now()) OR c changed",
];
const PIECES =
  '" \' \\ ( ) , OR AND NOT ORDER BY in = ~ != project OTHER 20000 \n \t \0 # // /* */ EMPTY " \\" \\\\ \u2028 ＂ }'.split(
    " ",
  );

/** A query that would reach out of its projects, if its text were joined and not read. */
export function hostileQuery(draw: Draw): string {
  const some = Array.from({ length: 1 + draw.number(12) }, () => draw.one(PIECES)).join(draw.one([" ", ""]));
  return draw.one([
    draw.one(REACHING),
    some,
    `${draw.one(REACHING)} ${some}`,
    `${some} ${draw.one(REACHING)}`,
    `${"(".repeat(draw.number(3_000))}a = b`,
  ]);
}
