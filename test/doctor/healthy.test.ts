import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../src/secret.ts";
import { OWNER } from "../connect/hall.ts";
import { foundIn, openSurgery, type Surgery } from "./surgery.ts";

let surgery: Surgery;

beforeAll(async () => {
  surgery = await openSurgery();
});
afterAll(() => surgery.close());

describe("no false alarm", () => {
  it.each(["cloud", "datacenter-oauth2", "datacenter-oauth1"] as const)(
    "%s: a connection that works is healthy",
    async (flavor) => {
      const id = await surgery.connected(flavor);
      const asked = () => surgery.hall.sandbox.control.requests();
      const before = asked().length;
      const found = await surgery.examine(id);
      expect(foundIn(found)).toBe("healthy");
      // That one sends everybody to sign in, whatever is wrong: asking it proves nothing.
      expect(asked().length).toBeGreaterThan(before);
      expect(
        asked()
          .slice(before)
          .map(({ path }) => path)
          .filter((path) => path.includes("authorize")),
      ).toEqual([]);
      expect(found.steps.filter(({ outcome }) => outcome === "found")).toEqual([]);
      expect(found.steps.find(({ name }) => name === "permission")?.outcome).toBe("ok");
    },
  );

  it.each(["cloud", "datacenter-oauth2", "datacenter-oauth1"] as const)(
    "%s: a registration that is right is healthy",
    async (flavor) => {
      const registration = await surgery.registered(flavor);
      const before = surgery.hall.sandbox.control.requests().length;
      expect(foundIn(await surgery.examineRegistration(registration))).toBe("healthy");
      const asked = surgery.hall.sandbox.control.requests().slice(before);
      expect(asked.filter(({ path }) => path.includes("authorize"))).toEqual([]);
    },
  );

  it.each(["cloud", "datacenter"] as const)(
    "%s: a connection by a token that a person made is healthy",
    async (face) => {
      const { control, cloudUrl, dataCenterUrl } = surgery.hall.sandbox;
      const { token } = control.makeToken({ face, user: "alana" });
      const { connection } = await surgery.hall.connect.withToken({
        owner: OWNER,
        site: face === "cloud" ? `${cloudUrl}/sites/acme` : dataCenterUrl,
        token: new Secret(token),
        trust: "operator",
        ...(face === "cloud" && { email: "alana@example.com" }),
      });
      expect(foundIn(await surgery.examine(connection.id))).toBe("healthy");
    },
  );

  it("an address that is connected is looked at as that connection", async () => {
    const id = await surgery.connected("datacenter-oauth1");
    const { dataCenterUrl } = surgery.hall.sandbox;
    const found = await surgery.doctor.examine({ site: dataCenterUrl, owner: OWNER, trust: "operator" });
    expect(foundIn(found)).toBe("healthy");
    expect(found.connection_id).toBeDefined();
    expect(id).toBeDefined();
  });
});
