import { classOfAddress, literalAddress, readUrl } from "../egress.ts";
import { LatchkeyError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { newId, type WebhookEndpointRow } from "../store/index.ts";
import { EVENT_TYPES } from "../vault/index.ts";
import type { EndpointInput, EndpointView, WebhookParts, Whose } from "./contract.ts";
import { newSigningSecret } from "./signature.ts";

/** More than anybody needs; a delivery is written for each. */
const MAX_ENDPOINTS = 20;
const MAX_DESCRIPTION = 200;
/** How long the secret before goes on signing. */
const OVERLAP_MS = 24 * 3_600_000;

/** What is sealed in an endpoint's row. */
type Secrets = { readonly current: string; readonly previous?: string; readonly previous_until?: number };

/** Writes a new endpoint. @throws bad_request, egress_refused */
export async function addEndpoint(parts: WebhookParts, input: EndpointInput) {
  const { store, now, random } = parts;
  check(input);
  const known = input.owner === undefined ? [] : await store.endpoints.list(input.owner);
  if (known.length >= MAX_ENDPOINTS) throw bad("url", `there are ${MAX_ENDPOINTS} endpoints already`);
  const secret = newSigningSecret(random);
  const at = now();
  const id = newId("whe", random);
  const owner = input.owner ?? null;
  const row: WebhookEndpointRow = {
    id,
    owner,
    url: input.url,
    types: JSON.stringify([...new Set(input.types ?? [])]),
    description: input.description ?? "",
    allowance: input.allowance ? 1 : 0,
    sealed_secrets: sealed(parts, { id, owner, generation: 1 }, { current: secret.reveal() }),
    generation: 1,
    state: "active",
    disabled: null,
    failures: 0,
    cool_until: null,
    last_sent_at: null,
    last_status: null,
    created_at: at,
    updated_at: at,
  };
  await store.endpoints.insert(row);
  return { endpoint: endpointView(row), secret };
}

function check({ url: text, types = [], description = "", allowance = false }: EndpointInput): void {
  const { url } = readUrl(text);
  if (text.length > 2048) throw bad("url", "it is longer than 2,048 characters");
  if (!allowance && url.protocol !== "https:") throw bad("url", "it must begin with https://");
  const literal = literalAddress(url) ?? (url.hostname === "localhost" ? "127.0.0.1" : undefined);
  if (!allowance && literal !== undefined && classOfAddress(literal) !== "public") {
    throw new LatchkeyError("egress_refused", undefined, {
      details: { host: url.hostname },
      fix: "The operator can add it on the command line: latchkey webhooks add.",
    });
  }
  const unknown = types.find((type) => !(EVENT_TYPES as readonly string[]).includes(type));
  if (unknown !== undefined)
    throw bad("types", `there is no type ${JSON.stringify(unknown)}; there are ${EVENT_TYPES.join(", ")}`);
  if (description.length > MAX_DESCRIPTION) throw bad("description", `at most ${MAX_DESCRIPTION} characters`);
}

function bad(field: string, why: string): LatchkeyError {
  return new LatchkeyError("bad_request", `${field}: ${why}.`, { details: { field } });
}

/** The endpoint's row. @throws not_found, also for another owner's */
export async function endpointOf(parts: WebhookParts, whose: Whose, id: string): Promise<WebhookEndpointRow> {
  const { endpoints } = parts.store;
  const row = whose === undefined ? await endpoints.findForOperator(id) : await endpoints.get(whose, id);
  if (!row) throw new LatchkeyError("not_found", "There is no webhook endpoint with this id.");
  return row;
}

/** A new secret; the one before it signs beside it for a while. */
export async function rotateEndpoint(parts: WebhookParts, whose: Whose, id: string) {
  const { store, now, random } = parts;
  const row = await endpointOf(parts, whose, id);
  const { current } = opened(parts, row);
  const secret = newSigningSecret(random);
  const generation = row.generation + 1;
  const secrets = { current: secret.reveal(), previous: current, previous_until: now() + OVERLAP_MS };
  const changed = await store.endpoints.replaceSecretsForOperator(id, row.generation, {
    sealed_secrets: sealed(parts, { ...row, generation }, secrets),
    updated_at: now(),
  });
  if (!changed) throw new LatchkeyError("bad_request", "Somebody else has just rotated this secret.");
  return { endpoint: endpointView(await endpointOf(parts, whose, id)), secret };
}

/** The secrets in force, newest first. */
export function secretsOf(parts: WebhookParts, row: WebhookEndpointRow): readonly Secret[] {
  const { current, previous, previous_until = 0 } = opened(parts, row);
  const known = previous !== undefined && previous_until > parts.now() ? [current, previous] : [current];
  return known.map((one) => new Secret(one));
}

type Named = Pick<WebhookEndpointRow, "id" | "owner" | "generation">;

function placeOf({ id, owner, generation }: Named) {
  return { table: "webhook_endpoints", column: "sealed_secrets", row: id, owner: owner ?? "", generation };
}

function sealed({ vault }: WebhookParts, row: Named, secrets: Secrets): string {
  return vault.seal(placeOf(row), JSON.stringify(secrets));
}

function opened({ vault }: WebhookParts, row: WebhookEndpointRow): Secrets {
  return JSON.parse(vault.open(placeOf(row), row.sealed_secrets).reveal()) as Secrets;
}

export function endpointView(row: WebhookEndpointRow): EndpointView {
  const { id, url, description, state, failures, created_at, updated_at } = row;
  return {
    ...{ id, url, description, state, failures, created_at, updated_at },
    types: JSON.parse(row.types) as string[],
    ...(row.owner !== null && { owner: row.owner }),
    ...(row.disabled !== null && { disabled: JSON.parse(row.disabled) as { code: string; at: number } }),
    ...(row.last_sent_at !== null && { last_sent_at: row.last_sent_at }),
    ...(row.last_status !== null && { last_status: row.last_status }),
  };
}
