import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser } from "../connect/browser.ts";
import { type House, newBrowser, openHouse, walk } from "./house.ts";

let house: House;
let admin: Browser;
beforeAll(async () => {
  house = await openHouse();
  admin = newBrowser();
  await walk(house, newBrowser(), "cloud");
});
afterAll(() => house.close());

describe("the one-time link", () => {
  it("opens the page by a button, holds no secret on the page, and is good once", async () => {
    const link = await house.gateway.adminAddress();
    const token = new URL(link).searchParams.get("token")!;
    const offer = await admin.open(link);
    expect(offer.html).not.toContain(token);
    expect(offer.url).toBe(`${house.url}/admin/enter`);
    const page = await admin.submit(offer, { button: "Open the admin page" });
    expect(page.url).toBe(`${house.url}/admin`);
    expect(page.text).toContain("1 owner holds 1 connection.");
    expect((await newBrowser().open(link)).status).toBe(403);
  });

  it("is not used up by a preview of it", async () => {
    const link = await house.gateway.adminAddress();
    await newBrowser().open(link);
    const browser = newBrowser();
    expect((await browser.submit(await browser.open(link), { button: "Open the admin page" })).status).toBe(
      200,
    );
  });

  it("ends after a day, and a made-up one opens nothing", async () => {
    const link = await house.gateway.adminAddress();
    house.hall.clock.ahead_ms += 25 * 3_600_000;
    try {
      expect((await newBrowser().open(link)).status).toBe(403);
    } finally {
      house.hall.clock.ahead_ms -= 25 * 3_600_000;
    }
    expect((await newBrowser().open(`${house.url}/admin/enter?token=${"x".repeat(43)}`)).status).toBe(403);
  });

  it("is kept as a hash only", async () => {
    const token = new URL(await house.gateway.adminAddress()).searchParams.get("token")!;
    const rows = await house.hall.store.kysely.selectFrom("sessions").selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(token);
  });
});

describe("without it", () => {
  it.each(["/admin", "/admin/connections/con_x/remove", "/admin/registrations/cloud/remove"])(
    "%s is closed",
    async (path) => {
      const page = await newBrowser().open(`${house.url}${path}`);
      expect([403, 404]).toContain(page.status);
      expect(page.text).not.toContain("Alana");
    },
  );

  it("nothing is removed by a POST either", async () => {
    const answer = await house.gateway.fetch(
      new Request(`${house.url}/admin/registrations/cloud/remove`, {
        method: "POST",
        headers: { origin: house.url },
      }),
    );
    expect(answer.status).toBe(404);
    expect(await house.hall.vault.registrations.find("cloud")).toBeDefined();
  });

  it("the menu does not name it", async () => {
    expect((await newBrowser().open(house.url)).links.map((link) => link.text)).not.toContain("Admin");
    expect((await admin.open(house.url)).links.map((link) => link.text)).toContain("Admin");
  });
});

describe("an administrator", () => {
  it("sees who connected what across owners, and takes it away after a question", async () => {
    const [connection] = await house.hall.vault.connections.listForOperator();
    const { key } = await house.handles.create({
      owner: "local",
      name: "nightly report",
      connection_ids: [connection!.id],
    });
    const page = await admin.open(`${house.url}/admin`);
    expect(page.text).toContain("nightly report local");
    expect(page.html).not.toContain(key.reveal());

    const asked = await admin.follow(page, "Revoke");
    const revoked = await admin.submit(asked, { button: "Revoke the handle" });
    expect(revoked.text).toContain("The handle nightly report is revoked.");
    await expect(house.handles.verify(key.reveal())).rejects.toThrow();

    const remove = await admin.follow(revoked, `/admin/connections/${connection!.id}/remove`);
    const removed = await admin.submit(remove, { button: "Remove the connection" });
    expect(removed.text).toContain("is removed.");
    expect(await house.hall.vault.connections.listForOperator()).toEqual([]);
  });

  it("may set up a private Jira, which anybody else may not", async () => {
    const form = await admin.open(`${house.url}/registrations/new`);
    const page = await admin.submit(form, { fields: { site: house.hall.sandbox.dataCenterUrl } });
    const id = new URL(page.url).pathname.split("/").at(-1)!;
    expect(await house.hall.vault.registrations.get(id)).toMatchObject({ allowance: true, state: "draft" });
  });

  it("leaves, and is none any more", async () => {
    const page = await admin.open(`${house.url}/admin`);
    await admin.submit(page, { button: "Leave admin" });
    expect((await admin.open(`${house.url}/admin`)).status).toBe(403);
  });
});
