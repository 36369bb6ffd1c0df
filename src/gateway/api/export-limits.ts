import { LatchkeyError } from "../../errors.ts";
import { type ExportView, type NewExport, OPTIONAL_KINDS } from "../../export/index.ts";
import { demandAllowed, type HandleView } from "../../handles/index.ts";
import type { GatewayParts } from "../parts.ts";

const PATHS: Readonly<Record<string, string>> = {
  comments: "/issue/1/comment",
  worklogs: "/issue/1/worklog",
  changelog: "/issue/1/changelog",
  remotelinks: "/issue/1/remotelink",
  attachments: "/attachment/1",
  projects: "/project/search",
};

/**
 * Holds an export to the limits of the handle that asks for it: what the handle could not read itself through the
 * proxy it does not export.
 *
 * @returns the policy to export with
 * @throws not_found, forbidden, policy_denied
 */
export async function demandExport(
  parts: GatewayParts,
  handle: HandleView,
  asked: Omit<NewExport, "policy"> & { readonly policy?: string },
): Promise<string> {
  const { owner, connection_ids, limits } = handle;
  const { connection_id, without = [] } = asked;
  if (!connection_ids.includes(connection_id))
    throw new LatchkeyError("not_found", "The handle knows no connection with this id.");
  const { flavor, site } = await parts.vault.connections.get(owner, connection_id);
  parts.handles.permitSite(handle, site);
  const policy = policyOf(limits.policy, asked.policy);
  demandWhole(handle);
  const api = `/rest/api/${flavor === "cloud" ? 3 : 2}`;
  const demand = (path: string, what: string, fix: string) => {
    try {
      demandAllowed(handle, { connection_id, method: "GET", path });
    } catch (cause) {
      throw new LatchkeyError("forbidden", `The handle may not read ${what}.`, { cause, fix });
    }
  };
  demand(`${api}/search${flavor === "cloud" ? "/jql" : ""}`, "issues", "Use a handle that may search.");
  for (const kind of OPTIONAL_KINDS) {
    if (without.includes(kind)) continue;
    const path = kind === "sprints" ? "/rest/agile/1.0/board/1/sprint" : PATHS[kind];
    const fix = `Name ${kind} in without, or use a handle that may read them.`;
    if (path !== undefined) demand(path.startsWith("/rest/") ? path : `${api}${path}`, kind, fix);
  }
  return policy;
}

/** What leaves in another form than the handle's is as good as not there. */
export function mayHave({ connection_ids, limits }: HandleView, view: ExportView): boolean {
  const fits = limits.policy === "raw" || limits.policy === view.policy;
  return fits && !limits.projects && connection_ids.includes(view.connection_id);
}

function policyOf(own: string | undefined, asked: string | undefined): string {
  if (!own)
    throw new LatchkeyError("policy_denied", "The handle has no policy, and without one nothing leaves.");
  if (own === "raw" || asked === undefined || asked === own) return asked ?? own;
  throw new LatchkeyError("policy_denied", "The handle exports by its own policy alone.", {
    fix: "Leave policy out, or use a handle with the policy raw.",
  });
}

/** Limits that an export would walk around are kept by refusing it. */
function demandWhole({ limits }: HandleView): void {
  if (limits.projects) {
    throw new LatchkeyError(
      "forbidden",
      "Issues name issues of other projects; the handle may not see those.",
      {
        fix: "Use a handle without a limit to projects, and ask for projects.",
      },
    );
  }
  if (limits.rate) {
    throw new LatchkeyError("forbidden", "An export makes more calls a minute than the handle may.", {
      fix: "Use a handle without a rate.",
    });
  }
}
