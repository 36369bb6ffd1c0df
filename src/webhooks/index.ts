/** How changes in Jira become known: webhooks where Jira can reach us, asking where it cannot. */
import type { FollowRow } from "../store/index.ts";
import type { Following, FollowingParts, FollowView } from "./contract.ts";
import { end, look } from "./follow.ts";
import { addHook, hookView, removeHook } from "./hooks.ts";
import { readAgain } from "./inbox.ts";
import { receive } from "./receive.ts";
import { createGrumble } from "./refusals.ts";
import { ADVICE } from "./way.ts";

export type * from "./contract.ts";

/** Names of webhooks are kept for longer than Jira goes on sending the same one again. */
const HEARD_MS = 86_400_000;

/** Puts it together over the store, the vault and the links. */
export function createFollowing(parts: FollowingParts): Following {
  const { store, vault, now } = parts;
  const grumble = createGrumble(parts);
  /** A copied vault reads nothing and registers nothing: its original does. */
  const unlessCopy = async <T>(read: () => Promise<readonly T[]>): Promise<readonly T[]> =>
    (await vault.quarantine()) ? [] : await read();
  return {
    receive: (arrival) => receive(parts, grumble, arrival),
    dueIssues: (limit) =>
      unlessCopy(async () =>
        (await store.touched.dueForOperator(now(), limit)).map(({ id }) => ({ id, owner: "" })),
      ),
    readAgain: (id) => readAgain(parts, id),
    dueConnections: (limit) =>
      unlessCopy(async () => {
        const due = await store.follows.dueForOperator(now(), limit);
        const missing = await store.follows.missingForOperator(limit);
        return [...missing, ...due].slice(0, limit).map(({ id, owner }) => ({ id, owner }));
      }),
    look: (owner, id) => look(parts, owner, id),
    end: (owner, id) => end(parts, owner, id),
    async tidy() {
      await store.hooks.forgetHeardForOperator(now() - HEARD_MS);
      await store.follows.tidyForOperator();
    },
    async of(owner, id) {
      const row = await store.follows.get(owner, id);
      return row && followView(row);
    },
    listForOperator: async () => (await store.follows.listForOperator()).map(followView),
    hooks: {
      add: (registration_id, signed) => addHook(parts, registration_id, signed),
      list: async () => (await store.hooks.listForOperator()).map(hookView),
      remove: (id) => removeHook(parts, id),
    },
  };
}

function followView(row: FollowRow): FollowView {
  const { id, owner, registration_id, mode, reason, says, expires_at, heard_at, polled_at, poll_at } = row;
  return {
    ...{ connection_id: id, owner, registration_id, mode, poll_at },
    ...(reason !== null && { reason, advice: ADVICE[reason] }),
    ...(says !== null && says !== "" && { says }),
    ...(expires_at !== null && { expires_at }),
    ...(heard_at !== null && { heard_at }),
    ...(polled_at !== null && { polled_at }),
  };
}
