import type { Sandbox } from "../../message.ts";

/**
 * A token that looks like the long JWTs Atlassian gives out and says nothing: three base64url parts, the last one
 * random. Nobody, the sandbox included, reads its claims.
 */
export function opaqueToken(sandbox: Sandbox, kind: string): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const issued_s = Math.floor(sandbox.now() / 1000);
  return [
    part({ alg: "RS256", typ: "JWT", kid: `${sandbox.switch("access_type")}-sandbox` }),
    part({ jti: sandbox.token(24), iat: issued_s, kind, sandbox: sandbox.random(96).toString("base64url") }),
    sandbox.random(256).toString("base64url"),
  ].join(".");
}
