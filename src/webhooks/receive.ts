import { createHash } from "node:crypto";
import { LatchkeyError } from "../errors.ts";
import type { HookRow, Linked, Store } from "../store/index.ts";
import type { Arrival, FollowingParts, Receipt } from "./contract.ts";
import { secretOf } from "./hooks.ts";
import { pathHash } from "./path.ts";
import type { Grumble } from "./refusals.ts";
import { verifySignature } from "./signature.ts";
import { type Subject, subjectOf } from "./subject.ts";
import { type Proven, type Refusal, verifyToken } from "./token.ts";

const IDENTIFIER = /^[\x21-\x7e]{1,200}$/;
const PATH_SECRET = /^[A-Za-z0-9_-]{20,100}$/;

type Sender = {
  readonly proven: Proven;
  readonly hook?: HookRow;
  /** The body, where it had to be read to prove the sender. */
  readonly body?: Uint8Array;
};

export async function receive(parts: FollowingParts, grumble: Grumble, arrival: Arrival): Promise<Receipt> {
  const refuse = (why: Refusal, known: boolean) => {
    grumble(why, known ? arrival.registration_id : undefined);
    return new LatchkeyError("webhook_refused");
  };
  const sender =
    arrival.secret === undefined
      ? await fromApp(parts, arrival, refuse)
      : await fromAdmin(parts, arrival, refuse);
  const subject = subjectOf(jsonOf(sender.body ?? (await arrival.body())), arrival.query);
  const at = parts.now();
  const outcome = await parts.store.transaction((tx) => take(tx, arrival, sender, subject, at));
  if (outcome === "replayed") throw refuse("replayed", true);
  return outcome;
}

type Refuse = (why: Refusal, known: boolean) => LatchkeyError;

/** The webhook of an OAuth 2.0 app. Whether the registration is known makes no difference to be seen. */
async function fromApp(parts: FollowingParts, arrival: Arrival, refuse: Refuse): Promise<Sender> {
  const { registrations } = parts.vault;
  const registration = await registrations.find(arrival.registration_id);
  const secret =
    registration?.flavor === "cloud" && registration.has_secret
      ? await registrations.clientSecret(registration.id)
      : undefined;
  const client_secret = secret ? new TextEncoder().encode(secret.reveal()) : parts.random(32);
  const client_id = registration?.client_id ?? "";
  const proven = await verifyToken(arrival.headers.authorization, { client_id, client_secret }, parts.now());
  if (!proven.ok) throw refuse(proven.why, registration !== undefined);
  return { proven };
}

/** The webhook of an administrator: the secret end of its address names it, and where Jira signs, its body proves it. */
async function fromAdmin(parts: FollowingParts, arrival: Arrival, refuse: Refuse): Promise<Sender> {
  const { secret = "", registration_id } = arrival;
  const hook = await parts.store.hooks.byPathForOperator(pathHash(secret));
  if (!PATH_SECRET.test(secret) || hook?.registration_id !== registration_id) {
    throw refuse("unknown_address", false);
  }
  const body = await arrival.body();
  const key = secretOf(parts, hook);
  const proven: Proven | ReturnType<typeof verifySignature> =
    key === undefined
      ? { ok: true }
      : verifySignature(arrival.headers["x-hub-signature"], body, key.reveal());
  if (!proven.ok) throw refuse(proven.why, true);
  return { proven, hook, body };
}

function jsonOf(body: Uint8Array): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as unknown;
  } catch (cause) {
    throw new LatchkeyError("bad_request", "The body is not JSON.", { cause });
  }
}

async function take(
  tx: Store,
  { registration_id, headers }: Arrival,
  { proven, hook }: Sender,
  subject: Subject | undefined,
  at: number,
): Promise<Receipt | "replayed"> {
  const name = (kind: string, value: string) =>
    createHash("sha256")
      .update(JSON.stringify([registration_id, hook?.id ?? "", kind, value]))
      .digest("hex");
  const identifier = headers["x-atlassian-webhook-identifier"] ?? "";
  const same = IDENTIFIER.test(identifier) ? name("identifier", identifier) : undefined;
  const once = proven.jti === undefined ? undefined : name("jti", proven.jti);
  if (hook) await tx.hooks.heardForOperator(hook.id, at);
  // Jira sends the same again where it had no answer: whether its token is a new one or not.
  if (same !== undefined && (await tx.hooks.wasHeardForOperator(same))) return "known";
  if (once !== undefined && (await tx.hooks.wasHeardForOperator(once))) return "replayed";
  await tx.hooks.hearForOperator(
    [same, once].filter((one) => one !== undefined),
    at,
  );
  if (!subject) return "unlinked";
  const found = await tx.follows.linkedForOperator(registration_id, subject.named);
  if (found.length === 0) return "unlinked";
  const here = atTheSite(found, subject.self);
  for (const { site_id, issue_id } of new Map(
    here.map((one) => [`${one.site_id} ${one.issue_id}`, one]),
  ).values())
    await tx.touched.tellForOperator({ registration_id, site_id, issue_id }, at);
  await tx.follows.heardForOperator(
    here.map(({ connection_id }) => connection_id),
    at,
  );
  return "queued";
}

/** Of several sites that have an issue of this id, the one the webhook's issue lives on; all, where it does not say. */
function atTheSite(found: readonly Linked[], self: string | undefined): readonly Linked[] {
  if (self === undefined) return found;
  const here = found.filter(({ site_url, api_base_url }) =>
    [site_url, api_base_url].some((base) => self.startsWith(`${base.replace(/\/+$/, "")}/`)),
  );
  return here.length > 0 ? here : found;
}
