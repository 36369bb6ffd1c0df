import { LatchkeyError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { type HookRow, newId } from "../store/index.ts";
import type { Registration } from "../vault/index.ts";
import type { FollowingParts, HookView, NewHook } from "./contract.ts";
import { pathHash } from "./path.ts";

const SECRET_BYTES = 32;

/** The address Jira sends to; that of an administrator's webhook ends with a secret of its own. */
export function addressOf(public_url: string, registration_id: string, secret?: string): string {
  const own = `${public_url.replace(/\/+$/, "")}/webhooks/jira/${encodeURIComponent(registration_id)}`;
  return secret === undefined ? own : `${own}/${secret}`;
}

/** A new address for an administrator's webhook. @throws not_found */
export async function addHook(
  parts: FollowingParts,
  registration_id: string,
  signed?: boolean,
): Promise<NewHook> {
  const { store, vault, now, random } = parts;
  const registration = await vault.registrations.get(registration_id);
  const secret = textOf(random);
  const key = (signed ?? registration.flavor === "cloud") ? textOf(random) : undefined;
  const id = newId("hok", random);
  const row: HookRow = {
    id,
    registration_id,
    path_hash: pathHash(secret),
    sealed_secret: key === undefined ? null : vault.seal(placeOf(id), key),
    heard_at: null,
    created_at: now(),
  };
  await store.transaction(async (tx) => {
    await tx.hooks.insert(row);
    await tx.follows.lookAgainForOperator(registration_id, now());
  });
  return {
    hook: hookView(row),
    url: new Secret(addressOf(parts.public_url, registration_id, secret)),
    ...(key === undefined ? {} : { secret: new Secret(key) }),
    steps: stepsFor(registration, key !== undefined),
  };
}

/** @throws not_found */
export async function removeHook({ store, now }: FollowingParts, id: string): Promise<void> {
  const known = (await store.hooks.listForOperator()).find((hook) => hook.id === id);
  if (!known) throw new LatchkeyError("not_found", "There is no webhook of an administrator with this id.");
  await store.transaction(async (tx) => {
    await tx.hooks.removeForOperator(id);
    await tx.follows.lookAgainForOperator(known.registration_id, now());
  });
}

/** What its bodies are signed with; `undefined` where Jira does not sign. @throws vault_unreadable */
export function secretOf({ vault }: FollowingParts, { id, sealed_secret }: HookRow): Secret | undefined {
  return sealed_secret === null ? undefined : vault.open(placeOf(id), sealed_secret);
}

function placeOf(id: string) {
  return { table: "hooks", column: "sealed_secret", row: id, owner: "", generation: 0 };
}

function textOf(random: (bytes: number) => Uint8Array): string {
  return Buffer.from(random(SECRET_BYTES)).toString("base64url");
}

export function hookView({ id, registration_id, sealed_secret, heard_at, created_at }: HookRow): HookView {
  const heard = heard_at === null ? {} : { heard_at };
  return { id, registration_id, signed: sealed_secret !== null, ...heard, created_at };
}

function stepsFor({ flavor, title }: Registration, signed: boolean): readonly string[] {
  const where =
    flavor === "cloud"
      ? "Sign in to Jira as an administrator and open Settings (the gear) > System > WebHooks."
      : "Sign in to Jira as an administrator and open Administration (the gear) > System > WebHooks.";
  return [
    where,
    `Press Create a WebHook; as its name write ${title || "Latchkey"}, and leave it enabled.`,
    "Paste the address below as its URL.",
    signed
      ? "Paste the secret below as its Secret: Jira then signs what it sends, and nothing unsigned is taken."
      : "This Jira does not sign, so keep the address as secret as a password: whoever knows it can have issues read again, and nothing else.",
    "As events choose: Issue updated, Issue deleted, and Comment created, updated and deleted. A JQL filter may narrow it to the projects you push to.",
    "Save, change a linked issue, and look at `latchkey hooks list`: it says when the address was last used.",
  ];
}
