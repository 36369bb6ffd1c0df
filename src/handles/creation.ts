/** What a new handle names: connections, sites, a policy, projects. Each must be there, and fit the others. */
import { LatchkeyError } from "../errors.ts";
import type { Store } from "../store/index.ts";
import { bad, isSite } from "./limits.ts";
import type { HandleInput, HandleLimits, ProjectLimit } from "./model.ts";
import type { Policies } from "./policies.ts";

export type CreationParts = {
  /** Named policies. Absent: only `raw` is known. */
  readonly policies?: Pick<Policies, "names" | "flavorOf">;
  /** Looks projects up at the site of a connection. Absent: no handle is limited to projects. */
  readonly projects?: {
    find(
      owner: string,
      connection_id: string,
      keyOrId: string,
    ): Promise<{ id: string; key: string } | undefined>;
  };
};

const MAX_PROJECTS = 50;

type Known = NonNullable<Awaited<ReturnType<Store["connections"]["get"]>>>;

export async function connectionsOf(store: Store, input: HandleInput): Promise<Known[]> {
  const found: Known[] = [];
  for (const id of input.connection_ids) {
    const one = await store.connections.get(input.owner, id);
    if (!one) {
      throw new LatchkeyError("not_found", `connection_ids: there is no connection ${id}.`, {
        details: { field: "connection_ids" },
      });
    }
    found.push(one);
  }
  return found;
}

export function checkSites(connections: readonly Known[], sites: HandleLimits["sites"]): void {
  if (!sites) return;
  const known = connections.map(({ connection }) => ({ id: connection.site_id, url: connection.site_url }));
  const nowhere = sites.find((one) => !known.some((site) => isSite(one, site)));
  if (nowhere !== undefined)
    throw bad(
      "limits.sites",
      `no connection of the handle leads to ${JSON.stringify(nowhere.slice(0, 200))}`,
    );
  const beyond = known.find((site) => !sites.some((one) => isSite(one, site)));
  if (beyond)
    throw bad("limits.sites", `a connection of the handle leads to ${beyond.url}, which is not named`);
}

export function checkPolicyFits(
  connections: readonly Known[],
  policy: string | undefined,
  policies: CreationParts["policies"],
): void {
  if (policy === undefined || policy === "raw" || !policies) return;
  const flavor = policies.flavorOf(policy);
  const other = connections.find(
    ({ family }) => (family.flavor === "cloud" ? "cloud" : "datacenter") !== flavor,
  );
  if (other) {
    throw bad(
      "limits.policy",
      `${policy} is for ${flavor}, and ${other.connection.id} is a connection of another kind`,
    );
  }
}

/**
 * Looks up what was named at each connection's site: keys change and are used again, ids are not.
 * @throws bad_request for a project that no connection reaches
 */
export async function projectsOf(
  parts: CreationParts,
  { owner, connection_ids, limits }: HandleInput,
): Promise<{ projects?: readonly ProjectLimit[] }> {
  const asked = limits?.projects;
  if (asked === undefined) return {};
  if (asked.length === 0 || asked.length > MAX_PROJECTS) {
    throw bad("limits.projects", `must name 1 to ${MAX_PROJECTS} projects`);
  }
  if (!parts.projects) throw bad("limits.projects", "nobody here can look projects up");
  const found: ProjectLimit[] = [];
  for (const one of asked) {
    const text = typeof one === "string" ? one : one.id;
    const at =
      typeof one === "string" ? connection_ids : connection_ids.filter((id) => id === one.connection_id);
    if (!/^[A-Za-z0-9_]{1,255}$/.test(text))
      throw bad("limits.projects", "keys and ids have letters, digits and _");
    if (typeof one === "string" && /^\d/.test(text) && connection_ids.length > 1)
      throw bad(
        "limits.projects",
        "an id means another project at each site; name keys, or make a handle for each",
      );
    const before = found.length;
    for (const connection_id of at) {
      const project = await parts.projects.find(owner, connection_id, text);
      const known = found.some((other) => other.connection_id === connection_id && other.id === project?.id);
      if (project && !known) found.push({ connection_id, ...project });
    }
    const named = found.some(({ id, key }) => id === text || key.toLowerCase() === text.toLowerCase());
    if (found.length === before && !named)
      throw bad("limits.projects", `no connection of the handle reaches a project ${text}`);
  }
  return { projects: found };
}
