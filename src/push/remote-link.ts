import { createHash } from "node:crypto";
import { type Jira, type RemoteLink, remoteLinkJson } from "../jira/index.ts";
import type { LinkRow } from "../store/index.ts";
import { isResolved } from "./idea.ts";
import type { Idea, PlannedCall } from "./model.ts";

const LONGEST = 255;

/** What makes it the same link whenever it is put: the application and the idea's id. */
export function globalIdOf({ application, idea_id }: Pick<LinkRow, "application" | "idea_id">): string {
  const whole = `appId=${encodeURIComponent(application)}&ideaId=${encodeURIComponent(idea_id)}`;
  if (whole.length <= LONGEST) return whole;
  return `ideaDigest=${createHash("sha256").update(whole).digest("hex")}`;
}

/** The link from the issue back to the idea; `undefined` for an idea that is nowhere to be seen. */
export function linkBack(
  row: Pick<LinkRow, "application" | "idea_id">,
  idea: Idea,
  icon_url: string | undefined,
): RemoteLink | undefined {
  if (idea.url === undefined) return undefined;
  return {
    global_id: globalIdOf(row),
    // Jira shows links of one application together, and knows it by a type in the style of a Java package.
    application: { type: "latchkey.ideas", name: row.application },
    relationship: "idea",
    url: idea.url,
    title: idea.title,
    ...(idea.status ? { summary: idea.status } : {}),
    ...(icon_url ? { icon_url, icon_title: row.application } : {}),
    resolved: isResolved(idea),
  };
}

export function linkCall(jira: Jira, issue: string, link: RemoteLink): PlannedCall {
  return { method: "POST", path: jira.api(`/issue/${issue}/remotelink`), json: remoteLinkJson(link) };
}
