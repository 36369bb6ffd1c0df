/** What an administrator may do with webhooks on the pages: enable, remove, send again. */

import { LatchkeyError } from "../../errors.ts";
import { createWebhooks } from "../../events/index.ts";
import { spoken } from "../addresses.ts";
import { plain } from "../html.ts";
import type { Told } from "../pages/webhooks.ts";
import type { Visit } from "../visit.ts";
import type { Deed } from "./deed.ts";

/** What is shown of them; dead letters at most. */
const SHOWN = 50;

export async function toldOf({ parts }: Visit): Promise<Told> {
  const webhooks = createWebhooks(parts);
  const [endpoints, dead] = await Promise.all([
    webhooks.list(undefined),
    webhooks.deliveries(undefined, { state: "dead", limit: SHOWN }),
  ]);
  return { endpoints, dead };
}

/** @throws LatchkeyError `not_found` for what there is not, or what cannot be done with it */
export async function webhookDeed({ parts }: Visit, kind: string, id: string, verb: string): Promise<Deed> {
  const webhooks = createWebhooks(parts);
  if (kind === "deliveries") {
    if (verb !== "redeliver") throw new LatchkeyError("not_found");
    return {
      title: "Send it again?",
      says: "The same message goes out once more, under the same id.",
      button: "Send it again",
      done: "It is on its way again.",
      run: () => webhooks.redeliver(undefined, id),
    };
  }
  const one = (await webhooks.list(undefined)).find((endpoint) => endpoint.id === id);
  if (!one) throw new LatchkeyError("not_found");
  const name = plain(spoken(one.url), 200);
  if (verb === "enable") {
    return {
      title: `Send to ${name} again?`,
      says: "It was disabled because it answered that it is gone.",
      button: "Enable the webhook",
      done: `${name} is told of events again.`,
      run: async () => void (await webhooks.enable(undefined, id)),
    };
  }
  if (verb !== "remove") throw new LatchkeyError("not_found");
  return {
    title: `Remove the webhook to ${name}?`,
    says: "It is told of nothing any more, and what was on its way to it is dropped.",
    button: "Remove the webhook",
    done: `The webhook to ${name} is removed.`,
    run: () => webhooks.remove(undefined, id),
  };
}
