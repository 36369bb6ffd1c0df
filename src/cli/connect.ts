import { createInterface } from "node:readline/promises";
import type { Begun, Completion, Discovery } from "../connect/index.ts";
import { ERRORS, LatchkeyError } from "../errors.ts";
import { FLAVORS, type Flavor } from "../protocol/index.ts";
import { Secret } from "../secret.ts";
import type { Registration, SiteRef } from "../vault/index.ts";
import { openBrowser } from "./browser.ts";
import { isAtlassianCloud } from "./cloud-name.ts";
import { connectsWithoutDance, connectWithoutDance } from "./connect-token.ts";
import { type Context, LOCAL, pickConnection } from "./context.ts";
import { isLoopback, type Loopback, listen } from "./loopback.ts";

/**
 * `latchkey connect SITE`: finds the kind of Jira, takes the person to its approval page, and catches the
 * answer on a loopback address, or takes it pasted (over ssh: `--no-browser`).
 */
export async function connect(context: Context, site: string): Promise<void> {
  if (connectsWithoutDance(context)) return await connectWithoutDance(context, site);
  const { connect: room } = await context.parts();
  const flavor = flavorOf(context.flags.flavor);
  if (flavor === "datacenter-oauth1" && isAtlassianCloud(site)) {
    context.voice.say(`Forced by --flavor, though: ${ERRORS.oauth1_on_cloud.meaning}`);
  }
  const discovery = await room.discover({
    owner: LOCAL,
    text: site,
    trust: "operator",
    ...(flavor ? { flavor, force: true } : {}),
  });
  for (const line of discovery.why) context.voice.say(context.voice.color.dim(line));
  const registration = await registrationFor(context, discovery, flavor);
  const binding = new Secret(Buffer.from(context.io.random(32)).toString("base64url"));
  const caught = context.flags.browser === false ? undefined : await tryListen(context, registration);
  try {
    const begun = await room.begin({
      owner: LOCAL,
      registration_id: registration.id,
      site_hint: hintOf(context, discovery),
      binding,
      ...(await reconnecting(context)),
      ...(typeof context.flags.scope === "string" ? { scope: context.flags.scope.split(/\s+/) } : {}),
      ...(caught
        ? { redirect_uri: caught.redirect_uri }
        : isOob(registration)
          ? { redirect_uri: "oob" as const }
          : {}),
    });
    const completion = caught
      ? await byBrowser(context, registration, begun, caught, binding)
      : await byPaste(context, registration, begun, binding);
    report(context, await withSite(context, completion, binding));
  } finally {
    caught?.close();
  }
}

function flavorOf(asked: unknown): Flavor | undefined {
  if (asked === undefined) return undefined;
  if (typeof asked === "string" && asked in FLAVORS) return asked as Flavor;
  throw new LatchkeyError(
    "usage",
    `--flavor must be one of ${Object.keys(FLAVORS).join(", ")}, not ${JSON.stringify(asked)}.`,
  );
}

async function reconnecting(context: Context): Promise<{ reconnect?: string }> {
  const named = context.flags.reconnect;
  return typeof named === "string" ? { reconnect: (await pickConnection(context, named)).id } : {};
}

/** The site that is wanted: `--choose` is said later than SITE, which may only be the way into a grant of several. */
function hintOf(context: Context, { site }: Discovery): string {
  const chosen = context.flags.choose;
  return typeof chosen === "string" && site.deployment === "cloud" ? chosen : site.base_url;
}

async function registrationFor(
  context: Context,
  discovery: Discovery,
  flavor: Flavor | undefined,
): Promise<Registration> {
  const asked = context.flags.registration;
  const { vault } = await context.parts();
  if (typeof asked === "string") return vault.registrations.get(asked);
  const fitting = discovery.registrations.filter((one) => flavor === undefined || one.flavor === flavor);
  if (fitting.length === 1) return fitting[0]!;
  if (fitting.length > 1) {
    const list = fitting.map((one) => `  ${one.id}  ${one.flavor}  ${one.title}`).join("\n");
    throw new LatchkeyError("usage", `Several registrations fit this Jira:\n${list}`, {
      fix: "Name one with --registration, or say --flavor.",
    });
  }
  const { base_url, deployment } = discovery.site;
  throw new LatchkeyError("registration_unknown", `Latchkey is not registered at ${base_url} yet.`, {
    fix:
      deployment === "cloud"
        ? "latchkey registrations add cloud --client-id ID  (docs/real-jira.md says where the id comes from)"
        : `latchkey registrations add --site ${base_url} --consumer-key latchkey --generate-key, or --client-id ID for OAuth 2.0`,
  });
}

function isOob(registration: Registration): boolean {
  return registration.flavor === "datacenter-oauth1";
}

/** A loopback address Jira will accept: the registration's own, or for OAuth 1.0a any free port. */
async function tryListen(context: Context, registration: Registration): Promise<Loopback | undefined> {
  if (registration.flavor === "datacenter-oauth1") return listen("http://127.0.0.1:0/callback");
  const candidates = [registration.terminal_redirect_uri, registration.redirect_uri].filter(isLoopback);
  let taken: unknown;
  for (const candidate of candidates) {
    try {
      return await listen(candidate);
    } catch (error) {
      taken = error;
    }
  }
  if (taken && candidates.length > 0)
    context.voice.say(`${(taken as Error).message} The answer can be pasted instead.`);
  return undefined;
}

async function byBrowser(
  context: Context,
  registration: Registration,
  begun: Begun,
  caught: Loopback,
  binding: Secret,
): Promise<Completion> {
  context.voice.say(`Approve in the browser, or open this address yourself:\n${begun.authorize_url}`);
  openBrowser(begun.authorize_url, context.io.env.BROWSER);
  const params = await Promise.race([caught.answer, expired(begun, context)]);
  const { connect: room } = await context.parts();
  return room.complete({ registration_id: registration.id, params, binding });
}

function expired(begun: Begun, context: Context): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(
      () => reject(new LatchkeyError("attempt_expired")),
      Math.max(0, begun.expires_at - context.io.now()),
    );
    timer.unref();
  });
}

async function byPaste(
  context: Context,
  registration: Registration,
  begun: Begun,
  binding: Secret,
): Promise<Completion> {
  const oauth1 = registration.flavor === "datacenter-oauth1";
  context.voice.say(`Open this address and approve:\n\n  ${begun.authorize_url}\n`);
  context.voice.say(
    oauth1
      ? "Jira then shows a verification code. Paste it here:"
      : "The browser then ends at an address it may not be able to show. Paste that whole address here:",
  );
  const lines = createInterface({ input: context.io.stdin });
  const text = await Promise.race([firstLine(lines), expired(begun, context)]);
  lines.close();
  const { connect: room } = await context.parts();
  return room.completeByPaste({ owner: LOCAL, attempt_id: begun.attempt_id, text, binding });
}

async function firstLine(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    if (line.trim() !== "") return line.trim();
  }
  throw new LatchkeyError("usage", "Nothing was pasted.");
}

/** Several sites were granted: the person chooses, nobody guesses. */
async function withSite(context: Context, completion: Completion, binding: Secret): Promise<Completion> {
  const { connect: room } = await context.parts();
  if (completion.kind !== "choose-site") return completion;
  const site = await chosen(context, completion.sites);
  return room.chooseSite({ owner: LOCAL, attempt_id: completion.attempt_id, site_id: site.id, binding });
}

async function chosen(context: Context, sites: readonly SiteRef[]): Promise<SiteRef> {
  const asked = context.flags.choose;
  if (typeof asked === "string") {
    const plain = asked.replace(/\/+$/, "");
    const found = sites.filter((site) => [site.id, site.url, site.name].includes(plain));
    if (found.length === 1) return found[0]!;
    throw new LatchkeyError("site_not_granted", `${asked} is not among the granted sites:\n${listed(sites)}`);
  }
  if (!context.io.stdin.isTTY) {
    throw new LatchkeyError("site_choice_required", `The grant reaches several sites:\n${listed(sites)}`, {
      fix: "Say which with --choose.",
    });
  }
  const { select, isCancel } = await import("@clack/prompts");
  const answer = await select({
    message: "Which site?",
    options: sites.map((site) => ({ value: site.id, label: site.name, hint: site.url })),
  });
  const site = isCancel(answer) ? undefined : sites.find((one) => one.id === answer);
  if (!site) throw new LatchkeyError("site_choice_required", "No site was chosen.");
  return site;
}

function listed(sites: readonly SiteRef[]): string {
  return sites.map((site) => `  ${site.id}  ${site.url}`).join("\n");
}

function report(context: Context, completion: Completion): void {
  if (completion.kind !== "connected") return;
  const { connection, reconnected } = completion;
  if (context.voice.wantsJson) {
    context.voice.json({ connection, reconnected });
    return;
  }
  const who =
    connection.account?.display_name ?? connection.account?.name ?? connection.account?.account_id ?? "";
  context.voice.say(`${reconnected ? "Reconnected" : "Connected"} to ${connection.site.url} as ${who}.`);
  context.voice.say("Next: latchkey search 'order by updated' (add a project for Cloud), or latchkey whoami");
  context.voice.data(connection.id);
}
