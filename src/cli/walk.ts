import { LatchkeyError } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { Registration } from "../vault/index.ts";
import { isAtlassianCloud } from "./cloud-name.ts";
import { type Context, LOCAL } from "./context.ts";

/** The connection the classic walk ends with. */
export const WALK = "oauth1-walk";

/**
 * Step 1 of the classic OAuth 1.0a walk: prints the request token and where to approve it. The lines are those
 * that the tutorials' sample client prints, for scripts that read them.
 */
export async function requestToken(context: Context, site?: string): Promise<void> {
  const { connect } = await context.parts();
  const registration = await oauth1Registration(context, site);
  const begun = await connect.begin({
    owner: LOCAL,
    registration_id: registration.id,
    binding: new Secret(Buffer.from(context.io.random(32)).toString("base64url")),
    redirect_uri: "oob",
  });
  const oauth_token = begun.oauth_token?.reveal() ?? "";
  const oauth_token_secret = begun.oauth_token_secret?.reveal() ?? "";
  if (context.voice.wantsJson) {
    context.voice.json({ oauth_token, oauth_token_secret, authorize_url: begun.authorize_url });
    return;
  }
  context.voice.data(`Token:            ${oauth_token}`);
  context.voice.data(`Token Secret:   ${oauth_token_secret}`);
  context.voice.data(`Retrieved request token. go to ${begun.authorize_url} to authorize it`);
}

/** Step 2: exchanges the approved request token; the connection it makes is named `oauth1-walk`. */
export async function accessToken(context: Context, oauth_verifier: string): Promise<void> {
  const { connect, vault } = await context.parts();
  const registration = await oauth1Registration(context, undefined);
  const completion = await connect.completeByVerifier({
    owner: LOCAL,
    registration_id: registration.id,
    oauth_verifier,
  });
  if (completion.kind !== "connected") throw new LatchkeyError("site_choice_required");
  await vault.connections.rename(LOCAL, completion.connection.id, WALK);
  const tokens = await vault.reveal(LOCAL, completion.connection.id);
  if (tokens.kind !== "oauth1") throw new LatchkeyError("usage", "The classic walk is OAuth 1.0a.");
  if (context.voice.wantsJson) {
    context.voice.json({
      oauth_token: tokens.oauth_token.reveal(),
      connection: { ...completion.connection, name: WALK },
    });
    return;
  }
  context.voice.data(`Access Token:         ${tokens.oauth_token.reveal()}`);
}

async function oauth1Registration(context: Context, site: string | undefined): Promise<Registration> {
  const { vault } = await context.parts();
  const asked = context.flags.registration;
  if (typeof asked === "string") return vault.registrations.get(asked);
  const all = (await vault.registrations.list(LOCAL)).filter((one) => one.flavor === "datacenter-oauth1");
  const fitting = site === undefined ? all : all.filter((one) => within(site, one.site_base_url));
  if (fitting.length === 1) return fitting[0]!;
  if (fitting.length === 0) {
    if (site !== undefined && isAtlassianCloud(site)) throw new LatchkeyError("oauth1_on_cloud");
    throw new LatchkeyError(
      "registration_unknown",
      `No OAuth 1.0a registration fits${site ? ` ${site}` : ""}.`,
      {
        fix: "latchkey registrations add --site URL --consumer-key OauthKey --private-key-file jira_privatekey.pem",
      },
    );
  }
  throw new LatchkeyError("usage", `Several registrations fit: ${fitting.map((one) => one.id).join(", ")}.`, {
    fix: "Name one with --registration.",
  });
}

function within(url: string, base: string | undefined): boolean {
  if (!base) return false;
  const plain = url.replace(/\/+$/, "");
  return plain === base || plain.startsWith(`${base}/`);
}
