/** The pages below a path of another application, as `publicUrl` says it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLatchkey, type Latchkey, Secret } from "../../src/index.ts";
import { formsOf, linksOf } from "../connect/forms.ts";

const PUBLIC = "http://localhost:3000/sessions";
let folder = "";
let latchkey: Latchkey;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "latchkey-mounted-"));
  latchkey = await createLatchkey({
    home: folder,
    publicUrl: PUBLIC,
    registrations: [
      {
        id: "jira",
        flavor: "cloud",
        client_id: "client-1",
        client_secret: new Secret("secret-1"),
        redirect_uri: `${PUBLIC}/callback`,
        scope: ["read:jira-work", "offline_access"],
      },
    ],
  });
});
afterAll(async () => {
  await latchkey.close();
  await rm(folder, { recursive: true, force: true });
});

const ask = (path: string, init?: RequestInit) => latchkey.handler(new Request(`${PUBLIC}${path}`, init));

describe("mounted below a path", () => {
  test.each(["/", "/connect", "/registrations/new", "/nowhere"])(
    "every link, form and asset of %s stays below it",
    async (path) => {
      const html = await (await ask(path)).text();
      const own = [
        ...linksOf(html).map((link) => link.href),
        ...formsOf(html).map((form) => form.action),
        ...[...html.matchAll(/<(?:link|script|img)\b[^>]*?(?:href|src)="([^"]*)"/g)].map(
          ([, to]) => to ?? "",
        ),
      ].filter((address) => address.startsWith("/"));
      expect(own.length).toBeGreaterThan(2);
      expect(own.filter((address) => !address.startsWith("/sessions/"))).toEqual([]);
      for (const asset of own.filter((address) => address.includes("/assets/"))) {
        expect((await latchkey.handler(new Request(new URL(asset, PUBLIC)))).status).toBe(200);
      }
    },
  );

  test("the dance begins with the callback below it, and the cookie comes back to it", async () => {
    const begun = await ask("/connect", {
      method: "POST",
      headers: { origin: "http://localhost:3000" },
      body: new URLSearchParams({ registration: "jira", return_to: "/" }),
    });
    expect(begun.status).toBe(303);
    const authorize = new URL(begun.headers.get("location") ?? "");
    expect(authorize.searchParams.get("redirect_uri")).toBe(`${PUBLIC}/callback`);
    expect(begun.headers.get("set-cookie")).toMatch(
      /^__Host-latchkey-3000=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Secure/,
    );
  });

  test.each(["http://localhost:4000", "https://evil.example", "null"])(
    "a form that comes from %s is refused",
    async (origin) => {
      const body = new URLSearchParams({ registration: "jira" });
      expect((await ask("/connect", { method: "POST", headers: { origin }, body })).status).toBe(403);
    },
  );

  test("under another loopback name it leads to the same page, path included", async () => {
    const answer = await latchkey.handler(new Request("http://127.0.0.1:3000/sessions/connect?site=acme"));
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toBe(`${PUBLIC}/connect?site=acme`);
  });

  test("a refused dance leads to a page below it", async () => {
    const answer = await ask("/callback?error=access_denied&state=made-up");
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toMatch(/^\/sessions\/connect\/failed\?/);
  });
});
