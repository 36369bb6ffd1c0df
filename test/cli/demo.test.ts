import { statSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createBrowser } from "../connect/browser.ts";
import { terminal } from "./terminal.ts";

/** A gateway port and a pair of ports for the two Jiras, all free a moment ago. */
async function freePorts(): Promise<{ gateway: number; jira: number }> {
  for (;;) {
    const gateway = await holdAndRelease(0);
    const jira = 20_000 + Math.floor(Math.random() * 30_000);
    if (gateway && (await holdAndRelease(jira)) && (await holdAndRelease(jira + 1))) return { gateway, jira };
  }
}

function holdAndRelease(port: number): Promise<number | undefined> {
  const server: Server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : undefined));
    });
  });
}

describe("the demo", () => {
  it("finds everything as it was left at a second start", async () => {
    const shell = terminal();
    const { gateway, jira } = await freePorts();
    const flags = ["demo", "--port", String(gateway), "--sandbox-port", String(jira)];
    const address = `http://localhost:${gateway}`;
    const browser = createBrowser();

    const first = shell.start(flags);
    await first.until(/Ctrl\+C stops/);
    const home = await browser.open(address);
    const button = home.forms.findIndex((form) => form.fields.some(([, value]) => value === "sandbox-dc2"));
    const login = await browser.submit(home, { form: button });
    const consent = await browser.submit(login, { fields: { username: "alana", password: "alana" } });
    const connected = await browser.submit(consent, { button: "approve" });
    expect(connected.text).toContain("Alana Example");
    expect(connected.text).toContain("JJ-2");
    expect((await first.stop()).code).toBe(0);

    const second = shell.start(flags);
    await second.until(/Ctrl\+C stops/);
    const again = await browser.open(connected.url);
    expect(again.status).toBe(200);
    expect(again.text).toContain("JJ-2");
    expect((await shell.run(["whoami"])).stdout).toContain("Alana Example");
    expect((await second.stop()).code).toBe(0);
  }, 60_000);

  it("keeps its home to its owner", async () => {
    const shell = terminal();
    const demo = shell.start(["demo", "--port", "0", "--sandbox-port", "0", "--json"]);
    const [json] = await demo.until(/\{[\s\S]*?\n\}/);
    await demo.stop();
    const { home } = JSON.parse(json) as { home: string };
    expect(statSync(home).mode & 0o777).toBe(0o700);
    for (const file of ["key", "latchkey.db"]) expect(statSync(join(home, file)).mode & 0o077).toBe(0);
  }, 30_000);

  it("opens the admin page by its one-time link, once", async () => {
    const shell = terminal();
    const demo = shell.start(["demo", "--port", "0", "--sandbox-port", "0", "--json"]);
    const [json] = await demo.until(/\{[\s\S]*?\n\}/);
    const { admin, address } = JSON.parse(json) as { admin: string; address: string };
    const browser = createBrowser();
    expect((await browser.open(`${address}/admin`)).status).not.toBe(200);
    const door = await browser.open(admin);
    const inside = await browser.submit(door);
    expect(inside.url).toBe(`${address}/admin`);
    expect(inside.status).toBe(200);
    const stranger = createBrowser();
    const late = await stranger.open(admin);
    const refused = late.forms.length > 0 && late.status === 200 ? await stranger.submit(late) : late;
    expect(refused.url).not.toBe(`${address}/admin`);
    expect((await stranger.open(`${address}/admin`)).status).not.toBe(200);
    await demo.stop();
  }, 30_000);
});
