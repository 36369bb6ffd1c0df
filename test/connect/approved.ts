import type { Begun } from "../../src/connect/index.ts";
import type { Flavor } from "../../src/protocol/index.ts";
import type { Secret } from "../../src/secret.ts";
import { answerOf, decide, type Hall, newBinding, OWNER, personsBrowser } from "./hall.ts";

/** A dance up to the moment in which the browser comes back: everything `complete` wants. */
export type Approved = {
  readonly begun: Begun;
  readonly binding: Secret;
  readonly registration_id: string;
  readonly params: URLSearchParams;
};

export async function approved(
  hall: Hall,
  ids: ReadonlyMap<Flavor, string>,
  flavor: Flavor,
): Promise<Approved> {
  const binding = newBinding();
  const registration_id = ids.get(flavor)!;
  const begun = await hall.connect.begin({ owner: OWNER, registration_id, binding });
  const params = answerOf(await decide(personsBrowser(), begun.authorize_url));
  return { begun, binding, registration_id, params };
}

/** What stands in the attempt's row: by it one sees that nothing was consumed. */
export async function stepOf(hall: Hall, { begun }: Approved): Promise<string> {
  return (await hall.vault.attempts.get(OWNER, begun.attempt_id)).step;
}
