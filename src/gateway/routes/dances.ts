/** The dances, one and all. */
import type { Hono } from "hono";
import { dancePage, dancesPage } from "../pages/dances.ts";
import { chromeOf, render } from "../render.ts";
import type { Env, Visit } from "../visit.ts";

const SHOWN = 50;

export function danceRoutes(app: Hono<Env>): void {
  app.get("/dances", async (c) => {
    const visit = c.get("visit");
    const dances = await visit.parts.connect.dances.list(visit.owner, SHOWN);
    return render(
      visit,
      dancesPage(chromeOf(visit.house, visit.admin), dances, await titles(visit), visit.now),
    );
  });
  app.get("/dances/:id", async (c) => {
    const visit = c.get("visit");
    const dance = await visit.parts.connect.dances.get(visit.owner, c.req.param("id"));
    return render(visit, dancePage(chromeOf(visit.house, visit.admin), dance, await titles(visit)));
  });
}

async function titles(visit: Visit): Promise<ReadonlyMap<string, string>> {
  return new Map((await visit.registrations()).map((one) => [one.id, one.title]));
}
