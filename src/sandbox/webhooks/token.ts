import { createHmac } from "node:crypto";

const LIFE_S = 180;

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/**
 * The JWT of a delivery to an OAuth 2.0 app, HS256 with the app's client secret. It does not cover the body, and has
 * neither `aud` nor `nbf`, as observed.
 */
export function deliveryToken(claims: {
  readonly client_id: string;
  readonly client_secret: string;
  readonly account: string;
  readonly now_ms: number;
  readonly jti: string;
}): string {
  const iat = Math.floor(claims.now_ms / 1000);
  const payload = {
    iss: claims.client_id,
    sub: claims.account,
    iat,
    exp: iat + LIFE_S,
    jti: claims.jti,
    context: {},
  };
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(payload)}`;
  const signature = createHmac("sha256", claims.client_secret).update(signed).digest("base64url");
  return `${signed}.${signature}`;
}
