// What Latchkey tells: signed as Standard Webhooks describes it, and believed only then.
import { createHmac, timingSafeEqual } from "node:crypto";

export type Told = {
  readonly type: string;
  readonly data: {
    readonly owner?: string;
    readonly link?: { readonly id?: string; readonly idea_id?: string };
  };
};

/** The message, if it was signed with our secret in the last five minutes. @param body as it came */
export function verified(
  secret: string,
  header: (name: string) => string | undefined,
  body: Buffer,
): Told | undefined {
  const timestamp = header("webhook-timestamp") ?? "";
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) < 300)) return undefined;
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const signed = Buffer.concat([Buffer.from(`${header("webhook-id") ?? ""}.${timestamp}.`), body]);
  const right = createHmac("sha256", key).update(signed).digest();
  const fits = (header("webhook-signature") ?? "").split(" ").some((signature) => {
    const [version, text = ""] = signature.split(",");
    const given = Buffer.from(text, "base64");
    return version === "v1" && given.length === right.length && timingSafeEqual(given, right);
  });
  return fits ? (JSON.parse(body.toString("utf8")) as Told) : undefined;
}
