/** `/connect/token`: connecting with a token that the person made in Jira. */
import type { Hono } from "hono";
import { explainFailure } from "../../connect/index.ts";
import { isLatchkeyError, LatchkeyError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import type { Connection } from "../../vault/index.ts";
import { field, readForm } from "../form.ts";
import { type TokenForm, tokenPage } from "../pages/token.ts";
import { chromeOf, render, seeOther } from "../render.ts";
import type { Env, Visit } from "../visit.ts";
import { trustOf } from "./connect.ts";

export function tokenRoutes(app: Hono<Env>): void {
  app.get("/connect/token", async (c) => {
    const visit = c.get("visit");
    const query = new URL(c.req.url).searchParams;
    const reconnect = await reconnectOf(visit, query.get("reconnect") ?? undefined);
    return page(visit, { asked: { site: query.get("site")?.slice(0, 2048) }, reconnect });
  });
  app.post("/connect/token", async (c) => connect(c.get("visit"), await readForm(c.req.raw)));
}

/** Whether a connection lives by a token that only a person can replace. */
export function livesByToken({ kind }: Pick<Connection, "kind">): boolean {
  return kind === "personal-access-token" || kind === "api-token";
}

function page(visit: Visit, form: TokenForm, status = 200): Promise<Response> {
  return render(visit, tokenPage(chromeOf(visit.house, visit.admin), form), { status });
}

async function reconnectOf(visit: Visit, id: string | undefined): Promise<TokenForm["reconnect"]> {
  if (id === undefined) return undefined;
  const connection = await visit.parts.vault.connections.get(visit.owner, id);
  return { id, site: connection.site.url, email: connection.site.deployment === "cloud" };
}

async function connect(visit: Visit, form: URLSearchParams): Promise<Response> {
  const reconnect = await reconnectOf(visit, field(form, "reconnect"));
  const site = reconnect?.site ?? field(form, "site");
  const asked = { site, email: field(form, "email"), expires: field(form, "expires") };
  try {
    const token = field(form, "token");
    if (site === undefined || token === undefined) {
      throw new LatchkeyError("bad_request", "The address and the token are both needed.", {
        fix: "Fill in both fields.",
      });
    }
    const expires_at = dayOf(asked.expires);
    const { connection, reconnected } = await visit.parts.connect.withToken({
      owner: visit.owner,
      site,
      token: new Secret(token),
      trust: trustOf(visit),
      confirm_account: form.get("confirm_account") === "yes",
      ...(asked.email !== undefined && { email: asked.email }),
      ...(expires_at !== undefined && { expires_at }),
      ...(reconnect && { reconnect: reconnect.id }),
    });
    await visit.say({ kind: "well", title: reconnected ? "The new token is in use." : "Connected." });
    return seeOther(visit.at(`/connections/${connection.id}`));
  } catch (error) {
    if (!isLatchkeyError(error) || error.code === "internal") throw error;
    const failure = explainFailure(error, site === undefined ? {} : { site });
    const own = error.code === "bad_request" || error.code.startsWith("token_");
    const wrong = own
      ? { title: "That did not work", says: error.message, fix: error.fix }
      : { title: failure.title, says: failure.happened, fix: failure.next.join(" ") };
    const confirm = error.code === "account_mismatch";
    return page(
      visit,
      { asked: { ...asked, wrong }, reconnect, confirm },
      error.status >= 500 ? 422 : error.status,
    );
  }
}

function dayOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new LatchkeyError("bad_request", "The day on which the token ends is written like 2027-03-31.", {
    details: { field: "expires" },
    fix: "Write the year, the month and the day, or leave the field empty.",
  });
}
