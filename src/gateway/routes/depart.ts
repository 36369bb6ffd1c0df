/** The way to Jira's authorization page. */
import type { Begun } from "../../connect/index.ts";
import type { Flavor } from "../../protocol/index.ts";
import { isLoopback } from "../origin.ts";
import { departPage } from "../pages/connect.ts";
import { render, seeOther } from "../render.ts";
import type { Visit } from "../visit.ts";

/**
 * A redirect, except to a Data Center elsewhere. Browsers hold `form-action` against the whole chain of redirects,
 * and a self-hosted Jira may hand the browser on to a sign-in server that nobody here can know; so it is reached
 * through a page of our own, which is no form and goes on by itself.
 */
export async function depart(visit: Visit, begun: Begun, flavor: Flavor): Promise<Response> {
  const target = new URL(begun.authorize_url);
  if (flavor === "cloud" || isLoopback(target.hostname)) return seeOther(target.href);
  return render(visit, departPage(target.href), { headers: { refresh: `0; url=${target.href}` } });
}
