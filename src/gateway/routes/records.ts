/** Records of all owners, with base strings and archives: for operators alone. */
import type { Hono } from "hono";
import { LatchkeyError } from "../../errors.ts";
import { harOf } from "../../recorder/index.ts";
import { PRIVATE, SAFE_HEADERS } from "../headers.ts";
import { callPage } from "../pages/calls.ts";
import { dancePage } from "../pages/dances.ts";
import { recordsPage } from "../pages/records.ts";
import { chromeOf, render } from "../render.ts";
import type { Env, Visit } from "../visit.ts";

const SHOWN = 50;

export function recordRoutes(app: Hono<Env>): void {
  app.get("/admin/records", async (c) => {
    const visit = operators(c.get("visit"));
    const { connect, recorder } = visit.parts;
    const [dances, calls] = await Promise.all([
      connect.dances.listForOperator(SHOWN),
      recorder?.listForOperator(SHOWN) ?? [],
    ]);
    const chrome = chromeOf(visit.house, visit.admin);
    return render(visit, recordsPage(chrome, { dances, calls, now: visit.now }));
  });
  app.get("/admin/dances/:file", (c) => dance(operators(c.get("visit")), fileOf(c.req.param("file"))));
  app.get("/admin/calls/:file", (c) => call(operators(c.get("visit")), fileOf(c.req.param("file"))));
}

/** Who is no operator learns not even what there is. @throws not_found */
function operators(visit: Visit): Visit {
  if (!visit.admin) throw new LatchkeyError("not_found");
  return visit;
}

type File = { readonly id: string; readonly form: string };

function fileOf(name: string): File {
  const [, id, form = ""] = /^([a-z]{3}_[0-9A-Za-z]{1,64})(\.har|\.json)?$/.exec(name) ?? [];
  if (id === undefined) throw new LatchkeyError("not_found");
  return { id, form };
}

async function dance(visit: Visit, { id, form }: File): Promise<Response> {
  const found = await visit.parts.connect.dances.getForOperator(id);
  const { steps, evidence, owner } = found;
  if (form === ".har") return file(`${id}.har`, harOf(steps, evidence, `Dance ${id}.`));
  if (form === ".json") return file(`${id}.json`, found);
  const titles = new Map(
    (await visit.parts.vault.registrations.listForOperator()).map((one) => [one.id, one.title]),
  );
  const chrome = chromeOf(visit.house, visit.admin);
  return render(visit, dancePage(chrome, found, titles, { path: `/admin/dances/${id}`, owner, evidence }));
}

async function call(visit: Visit, { id, form }: File): Promise<Response> {
  const found = await visit.parts.recorder?.getForOperator(id);
  if (found === undefined) throw new LatchkeyError("not_found");
  const { steps, evidence, owner } = found;
  if (form === ".har") return file(`${id}.har`, harOf(steps, evidence, `Failed call ${id}.`));
  if (form === ".json") return file(`${id}.json`, found);
  const chrome = chromeOf(visit.house, visit.admin);
  return render(visit, callPage(chrome, found, { path: `/admin/calls/${id}`, owner, evidence }));
}

/** Saved, and never shown as a page: `.har` opens in the tools it is for. */
function file(name: string, content: object): Response {
  return new Response(JSON.stringify(content, null, 2), {
    headers: {
      ...SAFE_HEADERS,
      ...PRIVATE,
      "content-type": "application/json",
      "content-disposition": `attachment; filename="${name}"`,
    },
  });
}
