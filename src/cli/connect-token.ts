import type { Given, ServiceAccountInput, TokenInput } from "../connect/index.ts";
import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import type { Registration } from "../vault/index.ts";
import { type Context, LOCAL, pickConnection } from "./context.ts";
import { confirmed, secretFrom } from "./secret-input.ts";

/** What `latchkey connect` was asked for instead of a dance. */
export function connectsWithoutDance(context: Context): boolean {
  const { token, tokenFile, serviceAccount } = context.flags;
  return token === true || tokenFile !== undefined || serviceAccount === true;
}

/**
 * `latchkey connect SITE --token`: takes a token from a prompt, stdin or a file, never from the command line, and
 * proves it at Jira. `--service-account` needs no token: the registration has the credentials.
 */
export async function connectWithoutDance(context: Context, site: string): Promise<void> {
  const { connect } = await context.parts();
  const { flags } = context;
  if (flags.serviceAccount === true && (flags.token === true || flags.tokenFile !== undefined)) {
    throw new LatchkeyError("usage", "--token and --service-account are two ways in: choose one.");
  }
  const renewed =
    typeof flags.reconnect === "string" ? await pickConnection(context, flags.reconnect) : undefined;
  const which = { owner: LOCAL, ...(renewed && { reconnect: renewed.id }) };
  if (flags.serviceAccount === true) {
    const input: ServiceAccountInput = { ...which, registration_id: await accountFor(context, site), site };
    report(
      context,
      await mayChangeAccount(context, (more) => connect.withServiceAccount({ ...input, ...more })),
    );
    return;
  }
  const expires_at = dayOf(flags.expires);
  const input: Omit<TokenInput, "token"> = {
    ...which,
    site,
    trust: "operator",
    ...(typeof flags.email === "string" && { email: flags.email.trim() }),
    ...(expires_at !== undefined && { expires_at }),
  };
  const file = flags.tokenFile ?? (context.io.stdin.isTTY ? undefined : "-");
  const token = await secretFrom(context, file, "The token", "--token-file");
  report(context, await mayChangeAccount(context, (more) => connect.withToken({ ...input, token, ...more })));
}

/** Another account than before: asked, unless `--yes` said it already. */
async function mayChangeAccount(
  context: Context,
  work: (more: { readonly confirm_account?: boolean }) => Promise<Given>,
): Promise<Given> {
  try {
    return await work({});
  } catch (error) {
    if (!isLatchkeyError(error) || error.code !== "account_mismatch") throw error;
    await confirmed(context, "This is another Jira account than the connection's. Go on with it?");
    return await work({ confirm_account: true });
  }
}

/** The end that Jira showed when the token was made: the beginning of that day, so that a warning is never late. */
function dayOf(text: unknown): number | undefined {
  if (text === undefined) return undefined;
  const at =
    typeof text === "string" && /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new LatchkeyError("usage", `--expires takes a day such as 2027-03-31, not ${JSON.stringify(text)}.`);
}

async function accountFor(context: Context, site: string): Promise<string> {
  const asked = context.flags.registration;
  if (typeof asked === "string") return asked;
  const { vault } = await context.parts();
  const all = (await vault.registrations.list(LOCAL)).filter((one) => one.credential === "service-account");
  const fitting = all.filter((one) => one.flavor === "cloud" || isBase(one, site));
  if (fitting.length === 1) return fitting[0]!.id;
  if (fitting.length === 0) {
    throw new LatchkeyError("registration_unknown", "No service account is registered for this Jira.", {
      fix: "latchkey registrations add robot --service-account --client-id ID",
    });
  }
  const list = fitting.map((one) => `  ${one.id}  ${one.title}`).join("\n");
  throw new LatchkeyError("usage", `Several service accounts may be meant:\n${list}`, {
    fix: "Name one with --registration.",
  });
}

function isBase({ site_base_url }: Registration, site: string): boolean {
  return site_base_url !== undefined && site.replace(/\/+$/, "").startsWith(site_base_url);
}

function report(context: Context, { connection, reconnected }: Given): void {
  if (context.voice.wantsJson) {
    context.voice.json({ connection, reconnected });
    return;
  }
  const who = connection.account?.display_name ?? connection.account?.name;
  const as = who === undefined ? ", by a token that may not ask whose it is" : ` as ${who}`;
  context.voice.say(`${reconnected ? "Reconnected" : "Connected"} to ${connection.site.url}${as}.`);
  if (connection.kind !== "service-account" && connection.absolute_expires_at === undefined) {
    context.voice.say("When the token ends was not said; with --expires there is a warning before.");
  }
  context.voice.data(connection.id);
}
