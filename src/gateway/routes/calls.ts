/** Calls that failed, one and all, for those they belong to. */
import type { Hono } from "hono";
import { LatchkeyError } from "../../errors.ts";
import { callPage, callsPage } from "../pages/calls.ts";
import { chromeOf, render } from "../render.ts";
import type { Env } from "../visit.ts";

export function callRoutes(app: Hono<Env>): void {
  app.get("/calls", async (c) => {
    const visit = c.get("visit");
    const calls = (await visit.parts.recorder?.list(visit.owner)) ?? [];
    return render(visit, callsPage(chromeOf(visit.house, visit.admin), calls, visit.now));
  });
  app.get("/calls/:id", async (c) => {
    const visit = c.get("visit");
    const call = await visit.parts.recorder?.get(visit.owner, c.req.param("id"));
    if (call === undefined) throw new LatchkeyError("not_found");
    return render(visit, callPage(chromeOf(visit.house, visit.admin), call));
  });
}
