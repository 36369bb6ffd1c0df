import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LatchkeyError } from "../../src/errors.ts";
import { createLog } from "../../src/log.ts";
import { Secret } from "../../src/secret.ts";

function written(level?: "debug" | "info" | "warn" | "error") {
  const lines: string[] = [];
  const log = createLog({
    write: (line) => void lines.push(line),
    now: () => 0,
    ...(level ? { level } : {}),
  });
  return { log, lines, last: () => JSON.parse(lines.at(-1)!) as Record<string, unknown> };
}

describe("the log", () => {
  it("writes one JSON line per event, from its level upwards, with the fields of its parents", () => {
    const { log, lines, last } = written("info");
    log.debug("dropped");
    log.child({ request_id: "r1" }).child({ attempt: 2 }).warn("kept", { status: 503 });
    expect(lines).toHaveLength(1);
    expect(last()).toEqual({
      time: "1970-01-01T00:00:00.000Z",
      level: "warn",
      event: "kept",
      request_id: "r1",
      attempt: 2,
      status: 503,
    });
  });

  it("cannot be made to write a second line, or a line of another event", () => {
    const { log, lines, last } = written();
    log.info("real", {
      note: "a\nb\r\u2028c\u001b[31m\u202e\u0085",
      event: "forged",
      time: "forged",
      level: "forged",
    });
    expect(lines[0]).toMatch(/^[\u0020-\u007e]*$/);
    expect(last()).toMatchObject({
      event: "real",
      level: "info",
      note: "a\nb\r\u2028c\u001b[31m\u202e\u0085",
    });
  });

  it("prints no field whose name says that it is a secret, at any depth", () => {
    const { log, lines } = written();
    const names = [
      "authorization",
      "Authorization",
      "cookie",
      "Set-Cookie",
      "token",
      "access_token",
      "refreshToken",
      "secret",
      "client_secret",
      "code",
      "state",
      "code_verifier",
      "oauth_verifier",
      "signature",
      "oauth_signature",
      "password",
      "private_key",
      "api-key",
      "oauth_session_handle",
      "sealed_tokens",
    ];
    for (const name of names) {
      log.info("x", { [name]: "plantedvalue", deep: { list: [{ [name]: "plantedvalue" }] } });
      log.info("x", { [name]: { inside: ["plantedvalue"] } });
      log.info("x", { map: new Map([[name, "plantedvalue"]]) });
    }
    expect(lines.join("\n")).not.toContain("plantedvalue");
  });

  it("keeps what only speaks about a secret, and causes under the name of code", () => {
    const { log, last } = written();
    const fields = {
      token_id: "t1",
      code: "invalid_grant",
      state: "active",
      tokens: 3,
      errno_code: "ECONNRESET",
    };
    log.info("x", fields);
    expect(last()).toMatchObject(fields);
  });

  it("scrubs live secrets by value wherever they stand, in every form", () => {
    const { log, lines } = written();
    const value = 'Pl4nted/"secret"+value=';
    const planted = new Secret(value);
    const once = encodeURIComponent(value);
    log.info("x", {
      planted,
      text: `before ${value} after`,
      url: `https://a.example/?q=${once}`,
      twice: encodeURIComponent(once),
      base64: Buffer.from(value).toString("base64"),
      [value]: "as a name",
      error: new LatchkeyError("internal", `inside ${value}`, {
        details: { note: value },
        cause: new Error(value),
      }),
    });
    for (const form of [
      value,
      once,
      encodeURIComponent(once),
      Buffer.from(value).toString("base64"),
      "Pl4nted",
    ]) {
      expect(lines.join()).not.toContain(form);
    }
  });

  it("scrubs what looks like a credential inside a text, though nobody registered it", () => {
    const { log, lines } = written();
    log.info("x", {
      a: "GET /callback?code=plantedvalue&state=plantedvalue HTTP/1.1",
      b: "Authorization: Bearer plantedvalue",
      c: 'OAuth oauth_token="plantedvalue", oauth_signature="plantedvalue"',
      d: new Error("failed: refresh_token=plantedvalue"),
      e: "-----BEGIN PRIVATE KEY-----\nplantedvalue\n-----END PRIVATE KEY-----",
      f: `lk_${"plantedvalue".repeat(4)}`,
      g: new URL("https://a.example/?access_token=plantedvalue"),
    });
    expect(lines.join()).not.toContain("plantedvalue");
  });

  it("leaves ordinary words about OAuth alone", () => {
    const { log, last } = written();
    log.info("x", { note: "OAuth 1.0a dance over; Basic login is off" });
    expect(last()).toMatchObject({ note: "OAuth 1.0a dance over; Basic login is off" });
  });

  it("renders errors by hand: name, code, message, stack, cause, and nothing that hangs on them", () => {
    const { log, last } = written();
    const error = Object.assign(new Error("outer", { cause: new TypeError("inner") }), {
      code: "ECONNRESET",
      request: { body: "plantedvalue" },
    });
    log.error("x", { error });
    const { error: rendered } = last() as { error: Record<string, unknown> };
    expect(rendered).toMatchObject({
      name: "Error",
      code: "ECONNRESET",
      message: "outer",
      cause: { message: "inner" },
    });
    expect(rendered.stack).toEqual(expect.stringContaining("outer"));
    expect(JSON.stringify(rendered)).not.toContain("plantedvalue");
  });

  it("bounds what it is given: long texts, long lists, depth, cycles", () => {
    const { log, lines } = written();
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    let deep: unknown = "end";
    for (let i = 0; i < 50; i++) deep = { deep };
    log.info("x", {
      text: "x".repeat(1_000_000),
      list: Array.from({ length: 10_000 }, (_, i) => i),
      wide: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`f${i}`, i])),
      cycle,
      deep,
      bytes: new Uint8Array(1_000_000),
    });
    expect(lines[0]!.length).toBeLessThan(10_000);
  });

  it("takes anything without failing, always as one line of JSON", () => {
    const { log, lines } = written();
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.anything({ withBigInt: true, withDate: true, withMap: true })),
        (fields) => {
          lines.length = 0;
          log.info("x", fields);
          expect(lines).toHaveLength(1);
          expect(lines[0]).not.toContain("\n");
          expect(JSON.parse(lines[0]!)).toMatchObject({ event: "x" });
        },
      ),
    );
  });
});
