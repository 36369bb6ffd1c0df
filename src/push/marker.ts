import { createHash } from "node:crypto";
import type { Jira } from "../jira/index.ts";
import type { LinkRow } from "../store/index.ts";

/** The issue property that goes with the creation, by which the issue of an idea is known again. */
export const PROPERTY = "latchkey.idea";

export type Marker = {
  readonly application: string;
  readonly idea: string;
  /** Two tenants may have the same idea ids and the same Jira account; of the owner it tells only a digest. */
  readonly owner: string;
  readonly link: string;
  readonly digest: string;
};

type Named = Pick<LinkRow, "id" | "owner" | "application" | "idea_id">;

export function markerOf({ id, owner, application, idea_id }: Named, digest: string): Marker {
  return { application, idea: idea_id, owner: ownerDigest(owner), link: id, digest };
}

/**
 * As a creation or change carries it. Data Center's documents have the value as text, Cloud's as any JSON.
 * @see https://developer.atlassian.com/server/jira/platform/rest/v10003/api-group-issue/
 */
export function propertyOf(jira: Pick<Jira, "flavor">, marker: Marker): { key: string; value: unknown } {
  return { key: PROPERTY, value: jira.flavor === "cloud" ? marker : JSON.stringify(marker) };
}

/** Reads what either wrote; `undefined` for what is no marker. */
export function readMarker(value: unknown): Marker | undefined {
  let read = value;
  if (typeof value === "string") {
    try {
      read = JSON.parse(value);
    } catch {
      return undefined;
    }
  }
  if (typeof read !== "object" || read === null) return undefined;
  const { application, idea, owner, link, digest } = read as Readonly<Record<string, unknown>>;
  const words = [application, idea, owner, link, digest];
  return words.every((word) => typeof word === "string") ? (read as Marker) : undefined;
}

export function isOf(marker: Marker, row: Named): boolean {
  if (marker.link === row.id) return true;
  const { application, idea, owner } = marker;
  return application === row.application && idea === row.idea_id && owner === ownerDigest(row.owner);
}

function ownerDigest(owner: string): string {
  return createHash("sha256").update(owner).digest("hex").slice(0, 16);
}
