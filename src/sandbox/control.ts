/** The control API under `/__sandbox/`: for the person and the tests beside the sandbox, never for a web page. */
import { makeToken, revokeToken } from "./auth/given-tokens.ts";
import { revokeServiceAccount, type ServiceAccount, serviceAccounts } from "./auth/service-accounts.ts";
import { type Registrations, register } from "./auth/state.ts";
import { describeState } from "./describe.ts";
import { parseFaults } from "./faults.ts";
import { changeMembership, type MembershipRequest } from "./membership.ts";
import { json, type SandboxRequest, type SandboxResponse } from "./message.ts";
import { checkSwitches, switchTable } from "./options.ts";
import { SandboxRefusal } from "./refusal.ts";
import type { Running } from "./running.ts";
import { listWebhooks } from "./webhooks/listing.ts";
import { type Loaded, loadText, loadValue } from "./world/load.ts";

export const controlPath = "/__sandbox/";

type Action = {
  readonly body: "json" | "none";
  readonly run: (body: unknown, request: SandboxRequest, running: Running) => unknown;
};

const actions: Record<string, Record<string, Action>> = {
  state: { GET: { body: "none", run: (_body, _request, running) => describeState(running) } },
  clock: { POST: { body: "json", run: (body, _request, running) => moveClock(body, running) } },
  faults: {
    POST: { body: "json", run: (body, _request, running) => addFaults(body, running) },
    DELETE: { body: "none", run: (_body, _request, running) => clearFaults(running) },
    GET: { body: "none", run: (_body, _request, running) => listFaults(running) },
  },
  requests: { GET: { body: "none", run: (_body, _request, running) => running.requests.list() } },
  reset: { POST: { body: "none", run: (_body, _request, running) => reset(running) } },
  registrations: {
    POST: { body: "json", run: (body, _request, running) => addRegistrations(body, running) },
  },
  tokens: { POST: { body: "json", run: (body, _request, running) => changeTokens(body, running) } },
  switches: { POST: { body: "json", run: (body, _request, running) => setSwitches(body, running) } },
  membership: { POST: { body: "json", run: (body, _request, running) => setMembership(body, running) } },
  webhooks: { GET: { body: "none", run: (_body, _request, { sandbox }) => listWebhooks(sandbox) } },
  world: { POST: { body: "json", run: (body, request, running) => loadPosted(body, request, running) } },
};

/** Answers a request under `/__sandbox/`. */
export async function answerControl(
  request: SandboxRequest,
  path: string,
  running: Running,
): Promise<SandboxResponse> {
  const refusal = guard(request);
  if (refusal !== undefined) return json(403, { error: refusal });
  const methods = actions[path.slice(controlPath.length)];
  if (methods === undefined || !Object.hasOwn(actions, path.slice(controlPath.length))) {
    const known = Object.entries(actions).flatMap(([name, by]) =>
      Object.keys(by).map((method) => `${method} ${controlPath}${name}`),
    );
    return json(404, { error: `There is no ${path}. There are: ${known.join(", ")}.` });
  }
  const action = methods[request.method];
  if (action === undefined) {
    const allowed = Object.keys(methods).join(", ");
    return json(405, { error: `${path} takes ${allowed}, not ${request.method}.` }, [["Allow", allowed]]);
  }
  try {
    return json(200, action.run(readControlBody(request, path, action), request, running), [
      ["Cache-Control", "no-store"],
    ]);
  } catch (error) {
    if (error instanceof SandboxRefusal || error instanceof TypeError)
      return json(400, { error: error.message });
    throw error;
  }
}

const loopback = /^(?:localhost|[a-z0-9-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/** Why this caller may not control the sandbox: pages of other origins must not reach it through a browser. */
function guard(request: SandboxRequest): string | undefined {
  const { host, origin } = request.headers;
  if (host === undefined || !loopback.test(host)) {
    return "The control API answers only under a loopback name, such as localhost or 127.0.0.1.";
  }
  if (origin !== undefined) return "The control API is not for web pages: the request carries an Origin.";
  if (request.headers["sec-fetch-site"] === "cross-site") {
    return "The control API is not for web pages: the request comes from another site.";
  }
  return undefined;
}

function readControlBody(request: SandboxRequest, path: string, action: Action): unknown {
  if (action.body === "none") {
    if (request.body.length > 0)
      throw new SandboxRefusal("usage", `${request.method} ${path} takes no body.`);
    return undefined;
  }
  if (request.body.length === 0) {
    throw new SandboxRefusal("usage", `${request.method} ${path} needs a JSON body.`);
  }
  const value = request.json();
  // Recorded issues also come one to a line, which is not one JSON text.
  if (value === undefined && !path.endsWith("/world")) {
    throw new SandboxRefusal("usage", `The body of ${request.method} ${path} is not JSON.`);
  }
  return value;
}

function fieldsOf(body: unknown, known: readonly string[], what: string): Record<string, unknown> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new SandboxRefusal("usage", `${what} needs a JSON object with ${known.join(", ")}.`);
  }
  for (const name of Object.keys(body)) {
    if (!known.includes(name)) {
      throw new SandboxRefusal("usage", `${what} has no field "${name}". It may have: ${known.join(", ")}.`);
    }
  }
  return body as Record<string, unknown>;
}

const century_s = 100 * 365 * 86_400;

/** Moves the clock by `{"advance_s": n}`. */
export function moveClock(body: unknown, running: Running): unknown {
  const { advance_s } = fieldsOf(body, ["advance_s"], "The clock");
  if (typeof advance_s !== "number" || !Number.isFinite(advance_s) || Math.abs(advance_s) > century_s) {
    throw new SandboxRefusal("usage", '"advance_s" must be a number of seconds, at most a hundred years.');
  }
  running.advance(advance_s);
  const now_ms = running.sandbox.now();
  return { now: new Date(now_ms).toISOString(), now_ms, moved_s: running.sandbox.state.clock_ms / 1000 };
}

/** Adds faults after those in force. */
export function addFaults(body: unknown, running: Running): unknown {
  running.faults.push(...parseFaults(body));
  return listFaults(running);
}

/** Sets switches by name while it runs; `null` gives one back the value it was started with. */
export function setSwitches(body: unknown, running: Running): unknown {
  const asked = Object.entries(fieldsOf(body, [...switchTable.keys()], "The switches"));
  const set = asked.flatMap(([name, value]): [string, string][] =>
    value === null ? [] : [[name, String(value)]],
  );
  const checked = checkSwitches(Object.fromEntries(set));
  for (const [name] of asked) running.switched.delete(name);
  for (const [name, value] of checked) running.switched.set(name, value);
  return { switches: Object.fromEntries(asked.map(([name]) => [name, running.sandbox.switch(name)])) };
}

/** Takes a person out of a site or a project, or back in. */
export function setMembership(body: unknown, running: Running): unknown {
  const asked = fieldsOf(body, ["user", "site", "project", "member"], "A membership");
  for (const name of ["user", "site", "project"])
    if (asked[name] !== undefined && typeof asked[name] !== "string")
      throw new SandboxRefusal("usage", `"${name}" must be a text.`);
  if (typeof asked.user !== "string") throw new SandboxRefusal("usage", 'A membership needs a "user".');
  if (typeof asked.member !== "boolean") throw new SandboxRefusal("usage", '"member" must be true or false.');
  return changeMembership(asked as MembershipRequest, running);
}

export function clearFaults(running: Running): unknown {
  running.faults.length = 0;
  return listFaults(running);
}

export function listFaults(running: Running): unknown {
  return {
    faults: running.faults.map(({ fault, left }) =>
      Number.isFinite(left) ? { ...fault, match: { ...fault.match, times: left } } : fault,
    ),
  };
}

export function reset(running: Running): unknown {
  running.reset();
  return describeState(running);
}

/** Registers consumers, redirect URIs and scopes. */
export function addRegistrations(body: unknown, running: Running): unknown {
  const known = ["consumers", "redirect_uris", "scopes", "service_accounts"];
  const asked = fieldsOf(body, known, "A registration");
  const { consumers = [], redirect_uris = [], scopes, service_accounts = [] } = asked;
  const accounts = readServiceAccounts(service_accounts, running);
  if (!Array.isArray(consumers)) throw new SandboxRefusal("usage", '"consumers" must be a list.');
  consumers.forEach((consumer, index) => {
    const where = `Consumer ${index + 1}`;
    const fields = fieldsOf(consumer, ["key", "name", "public_key", "callback"], where);
    for (const [name, value] of Object.entries(fields)) {
      if (typeof value !== "string") throw new SandboxRefusal("usage", `${where}: "${name}" must be a text.`);
    }
    for (const name of ["key", "public_key"]) {
      if (!fields[name]) throw new SandboxRefusal("usage", `${where} needs a "${name}".`);
    }
  });
  for (const [name, list] of Object.entries({ redirect_uris, scopes: scopes ?? [] })) {
    if (!Array.isArray(list) || list.some((one) => typeof one !== "string")) {
      throw new SandboxRefusal("usage", `"${name}" must be a list of texts.`);
    }
  }
  register(running.sandbox.state.auth, asked as Registrations);
  for (const account of accounts) {
    serviceAccounts(running.sandbox.state.auth)[account.client_id] = account;
  }
  running.sandbox.touched("auth");
  return describeState(running).registrations;
}

function readServiceAccounts(list: unknown, running: Running): ServiceAccount[] {
  if (!Array.isArray(list)) throw new SandboxRefusal("usage", '"service_accounts" must be a list.');
  return list.map((one, index) => {
    const where = `Service account ${index + 1}`;
    const names = ["client_id", "client_secret", "name", "user", "sites", "scopes"];
    const fields = fieldsOf(one, names, where);
    const { client_id, client_secret, user, name = client_id, sites = ["acme"], scopes } = fields;
    const texts = (value: unknown) => Array.isArray(value) && value.every((text) => typeof text === "string");
    if (typeof client_id !== "string" || typeof client_secret !== "string")
      throw new SandboxRefusal("usage", `${where} needs a "client_id" and a "client_secret".`);
    if (typeof user !== "string" || !Object.hasOwn(running.sandbox.state.world.users, user))
      throw new SandboxRefusal("usage", `${where}: there is no user ${JSON.stringify(user)}.`);
    if (!texts(sites) || !texts(scopes))
      throw new SandboxRefusal("usage", `${where}: "sites" and "scopes" must be lists of texts.`);
    return { client_id, client_secret, name: String(name), user, sites, scopes } as ServiceAccount;
  });
}

/**
 * Makes a token for a person, `{face, user, name?, scopes?, days?}`, or takes away a token or the credential of a
 * service account: `{"revoke": …}`.
 */
export function changeTokens(body: unknown, running: Running): unknown {
  const asked = fieldsOf(body, ["face", "user", "name", "scopes", "days", "revoke"], "A token");
  const { sandbox } = running;
  if (asked.revoke !== undefined) {
    const name = String(asked.revoke);
    return { revoked: revokeToken(sandbox, name) || revokeServiceAccount(sandbox, name) };
  }
  const { face, user, name = "control", scopes, days = 0 } = asked;
  if (face !== "cloud" && face !== "datacenter")
    throw new SandboxRefusal("usage", '"face" is "cloud" or "datacenter".');
  if (typeof user !== "string" || !Object.hasOwn(sandbox.state.world.users, user))
    throw new SandboxRefusal("usage", `There is no user ${JSON.stringify(user)}.`);
  if (scopes !== undefined && !(Array.isArray(scopes) && scopes.every((one) => typeof one === "string")))
    throw new SandboxRefusal("usage", '"scopes" must be a list of texts.');
  if (typeof days !== "number" || !Number.isInteger(days) || days < 0)
    throw new SandboxRefusal("usage", '"days" must be a whole number.');
  return makeToken(sandbox, {
    face,
    user,
    name: String(name),
    days,
    ...(scopes === undefined ? {} : { scopes }),
  });
}

function loadPosted(body: unknown, request: SandboxRequest, running: Running): Loaded {
  const name = request.query.get("name") ?? "the posted document";
  const site = request.query.get("site") ?? undefined;
  if (body !== undefined) return loadWorld(body, running, name, site);
  const { sandbox } = running;
  const text = request.body.toString("utf8");
  const loaded = loadText(sandbox.state.world, { name, text, site }, sandbox.options, sandbox.now());
  sandbox.touched("world");
  return loaded;
}

/** Loads recorded Jira JSON into one site, or into all. */
export function loadWorld(value: unknown, running: Running, name: string, site?: string): Loaded {
  const { sandbox } = running;
  const loaded = loadValue(sandbox.state.world, { name, value, site }, sandbox.options, sandbox.now());
  sandbox.touched("world");
  return loaded;
}
