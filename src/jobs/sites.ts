import { isLatchkeyError } from "../errors.ts";
import { listSites } from "../jira/index.ts";
import { endpointsFor } from "../protocol/index.ts";
import type { Connection, Sighting } from "../vault/index.ts";
import type { Job, JobParts } from "./job.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/**
 * Looks once a day whether each site is still there and still has its name. Cloud is asked what the grant reaches,
 * once for all connections of a family; Data Center what it says of itself.
 */
export function sites(parts: JobParts): Job {
  const { store, vault, now } = parts;
  return {
    name: "sites",
    every_s: 600,
    concurrency: 2,
    lease_s: 120,
    shared: true,
    due: (limit) => store.connections.uncheckedForOperator(now() - DAY_MS, limit),
    async run({ owner, id }) {
      const found = await store.connections.get(owner, id);
      if (!found || (found.connection.site_checked_at ?? 0) > now() - DAY_MS) return;
      const connection = await vault.connections.get(owner, id);
      if (connection.state !== "active") return;
      try {
        // The list of what was granted is not for tokens that a person made: whether they work, their use shows.
        if (connection.kind === "api-token")
          await parts.vault.connections.sighted(owner, id, { kind: "there" });
        else if (connection.flavor === "cloud") await lookAtCloud(parts, connection);
        else await lookAtDataCenter(parts, connection);
      } catch (failure) {
        const again = { site_checked_at: now() - DAY_MS + HOUR_MS };
        await store.connections.update(owner, id, again);
        // That it does not work is known, and told, elsewhere.
        if (!isLatchkeyError(failure) || failure.code !== "connection_dead") throw failure;
      }
    },
  };
}

async function lookAtCloud(
  parts: JobParts,
  { owner, family_id, registration_id }: Connection,
): Promise<void> {
  const { vault, transport, now, random } = parts;
  const registration = await vault.registrations.get(registration_id);
  const credential = await vault.families.credential(owner, family_id);
  const endpoints = endpointsFor("cloud", registration);
  const granted = await listSites({ transport, endpoints, credential, now, random });
  for (const { id, site, state } of await vault.connections.list(owner, { family_id })) {
    if (state !== "active") continue;
    const same = granted.find((one) => one.id === site.id);
    const sighting: Sighting = same
      ? { kind: "there", name: same.name, url: same.url }
      : { kind: "gone", granted: granted.map(({ id, url, name }) => ({ id, url, name })) };
    await vault.connections.sighted(owner, id, sighting);
  }
}

async function lookAtDataCenter(parts: JobParts, { owner, id }: Connection): Promise<void> {
  const jira = await parts.jiraFor(owner, id);
  try {
    const { baseUrl, version } = (await jira.serverInfo()) as { baseUrl?: unknown; version?: unknown };
    await parts.vault.connections.sighted(owner, id, {
      kind: "there",
      ...(typeof baseUrl === "string" && { says_url: baseUrl.slice(0, 500) }),
      ...(typeof version === "string" && { version: version.slice(0, 50) }),
    });
  } catch (failure) {
    const code = isLatchkeyError(failure) ? failure.code : "internal";
    if (code !== "jira_not_found" && code !== "not_a_jira") throw failure;
    await parts.vault.connections.sighted(owner, id, { kind: "gone", granted: [] });
  }
}
