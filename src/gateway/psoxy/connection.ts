/** Which connection a path of Psoxy's is for. */
import { isLatchkeyError, LatchkeyError } from "../../errors.ts";
import type { HandleView } from "../../handles/index.ts";
import type { Connection } from "../../vault/index.ts";
import type { GatewayParts } from "../parts.ts";
import type { PsoxyInstance } from "./instances.ts";

/** The connections that both the handle and the instance know, and that are of the instance's kind of Jira. */
export async function connectionsOf(
  parts: GatewayParts,
  handle: HandleView,
  instance: PsoxyInstance,
): Promise<Connection[]> {
  const ids = handle.connection_ids.filter((id) => instance.connections?.includes(id) ?? true);
  const found = await Promise.all(ids.map((id) => existing(parts, handle.owner, id)));
  return found.filter(
    (one): one is Connection =>
      one !== undefined && (one.flavor === "cloud") === (instance.flavor === "cloud"),
  );
}

async function existing(parts: GatewayParts, owner: string, id: string): Promise<Connection | undefined> {
  try {
    return await parts.vault.connections.get(owner, id);
  } catch (error) {
    if (isLatchkeyError(error) && error.code === "not_found") return undefined;
    throw error;
  }
}

export type Whither = {
  readonly connection: Connection;
  /** What Psoxy has before the site's own path; "" on Data Center. */
  readonly before: string;
  /** Below the site's base, raw. */
  readonly path: string;
};

/**
 * On Cloud the path says the site by its cloud id; on Data Center there is one.
 * @throws LatchkeyError `forbidden` for a cloud id that no connection reaches, `not_found`, `connection_ambiguous`
 */
export function whither(connections: readonly Connection[], instance: PsoxyInstance, path: string): Whither {
  if (instance.flavor === "cloud") {
    const [before, cloud_id, rest] = /^\/ex\/jira\/([A-Za-z0-9_-]{1,100})(\/.*)$/s.exec(path) ?? [];
    if (before === undefined) throw nowhere("Paths of Jira Cloud begin with /ex/jira/ and the cloud id.");
    const connection = connections.find(({ site }) => site.id === cloud_id);
    if (!connection) throw nowhere("No connection of the handle reaches a site with this cloud id.");
    return { connection, before: `/ex/jira/${cloud_id}`, path: rest! };
  }
  const [connection, ...others] = connections;
  if (!connection)
    throw new LatchkeyError("not_found", "The handle knows no Data Center that this instance is for.");
  if (others.length > 0) {
    throw new LatchkeyError(
      "connection_ambiguous",
      "The handle knows several connections for this instance.",
      {
        fix: "Name one under connections in the instance's file, or make the handle for one.",
      },
    );
  }
  return { connection, before: "", path };
}

function nowhere(why: string): LatchkeyError {
  return new LatchkeyError("forbidden", why, { fix: "Ask for a site that the handle is for." });
}
