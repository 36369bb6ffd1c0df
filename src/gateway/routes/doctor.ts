/** The doctor on pages: run by a form, so that no link and no crawler asks Jira. */
import type { Hono } from "hono";
import { type Diagnosis, type Doctor, forOwner, readSeen } from "../../doctor/index.ts";
import { isLatchkeyError, LatchkeyError } from "../../errors.ts";
import { field, readForm } from "../form.ts";
import { type DoctorPage, doctorPage } from "../pages/doctor.ts";
import { siteName } from "../pages/home.ts";
import { chromeOf, render } from "../render.ts";
import type { Env, Visit } from "../visit.ts";
import { trustOf } from "./connect.ts";

export function doctorRoutes(app: Hono<Env>): void {
  app.get("/doctor", (c) => {
    const site = new URL(c.req.url).searchParams.get("site")?.slice(0, 2048);
    return show(c.get("visit"), { asked: { site } });
  });
  app.post("/doctor", async (c) => examine(c.get("visit"), await readForm(c.req.raw)));
  app.get("/connections/:id/doctor", async (c) => {
    const visit = c.get("visit");
    return show(visit, { connection: await connectionOf(visit, c.req.param("id")) });
  });
  app.post("/connections/:id/doctor", async (c) => {
    const visit = c.get("visit");
    const connection = await connectionOf(visit, c.req.param("id"));
    const target = { connection: { owner: visit.owner, id: connection.id } };
    return show(visit, { connection, diagnosis: seenBy(visit, await doctorOf(visit).examine(target)) });
  });
}

function doctorOf({ parts }: Visit): Doctor {
  if (parts.doctor === undefined) throw new LatchkeyError("not_found");
  return parts.doctor;
}

async function connectionOf(visit: Visit, id: string): Promise<NonNullable<DoctorPage["connection"]>> {
  const connection = await visit.parts.vault.connections.get(visit.owner, id);
  return { id: connection.id, name: siteName(connection) };
}

function show(visit: Visit, input: DoctorPage, status = 200): Promise<Response> {
  doctorOf(visit);
  return render(visit, doctorPage(chromeOf(visit.house, visit.admin), input), { status });
}

/** Base strings and inner addresses are for operators. */
function seenBy(visit: Visit, diagnosis: Diagnosis): Diagnosis {
  return visit.admin ? diagnosis : forOwner(diagnosis);
}

async function examine(visit: Visit, form: URLSearchParams): Promise<Response> {
  const site = field(form, "site");
  const text = field(form, "text");
  const doctor = doctorOf(visit);
  const asked = { site, text };
  try {
    const found =
      form.get("last") === "yes"
        ? await doctor.last(visit.owner, visit.admin)
        : text !== undefined
          ? doctor.explain(readSeen(text))
          : site !== undefined
            ? await doctor.examine({ site, owner: visit.owner, trust: trustOf(visit) })
            : undefined;
    if (found) return await show(visit, { asked, diagnosis: seenBy(visit, found) });
    const wrong =
      form.get("last") === "yes" ? "Nothing that failed is recorded." : "Fill in one of the fields.";
    return await show(visit, { asked, wrong }, 422);
  } catch (error) {
    if (!isLatchkeyError(error) || error.code === "internal" || error.status >= 500) throw error;
    return show(visit, { asked, wrong: error.message }, error.status);
  }
}
