import { LatchkeyError } from "../errors.ts";
import type { HandleLimitsInput } from "../handles/index.ts";
import { type Context, LOCAL, pickConnection } from "./context.ts";
import { table } from "./io.ts";

const DAY_MS = 86_400_000;

/** Makes a handle and prints its key: the only time it is shown. */
export async function create(context: Context): Promise<void> {
  const { flags, io, voice } = context;
  const policy = policyOf(flags.policy);
  // A backend that is to connect its users has nothing to begin with.
  const connection = flags.apiOnly
    ? undefined
    : await pickConnection(context, typeof flags.connection === "string" ? flags.connection : undefined);
  const days = Number(flags.expires);
  if (!(days > 0)) throw new LatchkeyError("usage", "--expires must be a number of days above 0.");
  const right = flags.api ?? (flags.apiOnly ? "manage" : undefined);
  const api = right === undefined ? {} : { api: right as "read" | "manage" };
  const { handles, config } = await context.parts();
  const made = await handles.create({
    owner: LOCAL,
    name: String(flags.name),
    connection_ids: connection ? [connection.id] : [],
    limits: { ...limitsOf(flags), policy, ...api },
    expires_at: io.now() + Math.round(days * DAY_MS),
  });
  const url = connection ? `${config.public_url}/jira/${connection.id}/` : `${config.public_url}/api/v1/`;
  if (voice.wantsJson) {
    voice.json({ ...made.handle, key: made.key.reveal(), url });
    return;
  }
  voice.say(`A handle for ${connection?.site.url ?? "the API"}. Keep the key: it is not shown again.`);
  const first = connection ? `rest/api/${connection.flavor === "cloud" ? 3 : 2}/myself` : "connections";
  voice.say(`Call:   curl -H "Authorization: Bearer $KEY" ${url}${first}`);
  voice.data(made.key.reveal());
}

/** Nothing leaves by omission: the person says in what form it does. */
function policyOf(asked: unknown): string {
  if (typeof asked === "string" && asked !== "") return asked;
  throw new LatchkeyError("usage", "Nothing says in what form answers may leave.", {
    fix: "Say --policy with the name of a policy, or --policy raw to let them pass as Jira sends them.",
  });
}

function limitsOf(flags: Context["flags"]): HandleLimitsInput {
  const list = (name: "paths" | "path" | "project" | "site") =>
    flags[name] === undefined ? undefined : listOf(flags[name]);
  const [path_prefixes, path_patterns] = [list("paths"), list("path")];
  const [projects, sites] = [list("project"), list("site")];
  if (flags.rate !== undefined && !/^\d{1,6}$/.test(String(flags.rate)))
    throw new LatchkeyError("usage", "--rate must be a number of calls a minute, like 60.");
  return {
    methods: listOf(flags.methods).map((method) => method.toUpperCase()),
    ...(path_prefixes ? { path_prefixes } : {}),
    ...(path_patterns ? { path_patterns } : {}),
    ...(projects ? { projects } : {}),
    ...(sites ? { sites } : {}),
    ...(flags.rate === undefined ? {} : { rate: { per_minute: Number(flags.rate) } }),
    ...(flags.priority === undefined ? {} : { priority: flags.priority as "interactive" | "bulk" }),
    ...(flags.rewriteLinks ? { rewrite_links: true } : {}),
  };
}

function listOf(text: unknown): string[] {
  return String(text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);
}

export async function list(context: Context): Promise<void> {
  const { handles } = await context.parts();
  const all = await handles.list(LOCAL);
  if (context.voice.wantsJson) {
    context.voice.json(all);
    return;
  }
  if (all.length === 0) context.voice.say("There is no handle. Next: latchkey handles create --help");
  const rows = all.map((one) => [
    one.id,
    one.name,
    one.revoked_at ? "revoked" : one.expires_at && one.expires_at <= context.io.now() ? "expired" : "active",
    (one.limits.methods ?? ["any method"]).join(","),
    [...one.limits.path_prefixes, ...(one.limits.path_patterns ?? [])].join(",") || "no path",
    [one.limits.policy ?? "no policy", ...(one.limits.projects ?? []).map(({ key }) => key)].join(" "),
    one.expires_at ? new Date(one.expires_at).toISOString().slice(0, 10) : "",
  ]);
  if (rows.length > 0) context.voice.data(table(rows, context.io.stdout));
}

export async function revoke(context: Context, id: string): Promise<void> {
  const { handles } = await context.parts();
  await handles.revoke(LOCAL, id);
  if (context.voice.wantsJson) context.voice.json({ id, revoked: true });
  else context.voice.say(`Revoked ${id}; it is refused from now on.`);
}
