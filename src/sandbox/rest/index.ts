/** Jira's REST API: finds the resource of a path, lets it answer, and turns its refusals into Jira's errors. */
import type { Identity } from "../auth/identity.ts";
import { takeTurn } from "../limits/index.ts";
import { empty, json, type Sandbox, type SandboxRequest, type SandboxResponse } from "../message.ts";
import { createRouter, type Lookup } from "../router.ts";
import { dispatch } from "../webhooks/dispatch.ts";
import type { Site } from "../world/model.ts";
import { recordedAt } from "../world/recorded.ts";
import { adminWebhookRows } from "./admin-webhooks.ts";
import { agileRows } from "./agile.ts";
import { applinkRows } from "./applinks.ts";
import { assigneeRows } from "./assignee.ts";
import { attachmentRows } from "./attachments.ts";
import type { Call, Resource, Row } from "./call.ts";
import { commentRows } from "./comments.ts";
import { createMetaRows } from "./createmeta.ts";
import { crowdRows } from "./crowd.ts";
import { deskRows } from "./desk.ts";
import { deskParticipantRows } from "./desk-participants.ts";
import { deskRequestRows } from "./desk-requests.ts";
import { historyRows } from "./history.ts";
import { issueLinkRows } from "./issue-links.ts";
import { issueRows } from "./issues.ts";
import { issueBulkRows } from "./issues-bulk.ts";
import { metadataRows } from "./metadata.ts";
import { notifyRows } from "./notify.ts";
import { projectRows } from "./projects.ts";
import { propertyRows } from "./properties.ts";
import { errorBody, JiraError } from "./refuse.ts";
import { remoteLinkRows } from "./remote-links.ts";
import { searchRows } from "./search.ts";
import { serverRows } from "./server-info.ts";
import { userRows } from "./users.ts";
import { webhookRows } from "./webhooks.ts";
import { transitionRows } from "./workflow.ts";
import { worklogFeedRows } from "./worklog-feed.ts";
import { worklogRows } from "./worklogs.ts";

const rows: readonly Row[] = [
  ...serverRows,
  ...userRows,
  ...searchRows,
  ...createMetaRows,
  ...issueRows,
  ...issueBulkRows,
  ...commentRows,
  ...transitionRows,
  ...remoteLinkRows,
  ...worklogRows,
  ...worklogFeedRows,
  ...historyRows,
  ...crowdRows,
  ...propertyRows,
  ...issueLinkRows,
  ...assigneeRows,
  ...notifyRows,
  ...projectRows,
  ...metadataRows,
  ...attachmentRows,
  ...agileRows,
  ...webhookRows,
  ...adminWebhookRows,
  ...applinkRows,
  ...deskRows,
  ...deskRequestRows,
  ...deskParticipantRows,
];

type Endpoint = { readonly pattern: string; readonly resource: Resource };
const find = createRouter<Endpoint>(
  rows.map(([method, pattern, resource]) => ({ method, pattern, handler: { pattern, resource } })),
);

const VERSIONS = { cloud: ["2", "3", "latest"], datacenter: ["2", "latest"] };
const A_PART = /^\/rest\/api\/[^/]+\/(?:issue\/[^/]+|component|version)\/./;
/** Webhooks that were loaded are listed until an administrator registers one. */
const A_WEBHOOK = /^\/rest\/webhooks\//;

/**
 * Answers a request to Jira's REST API.
 *
 * @param restPath from `/rest/` on, still percent-encoded, without the query
 * @param base what `self` links begin with, without a trailing slash
 * @returns `undefined` where no resource has this path
 */
export async function restHandler(
  request: SandboxRequest,
  restPath: string,
  site: Site,
  base: string,
  identity: Identity,
  sandbox: Sandbox,
): Promise<SandboxResponse | undefined> {
  const path = restPath.length > 1 ? restPath.replace(/\/+$/, "") : restPath;
  const found = find(request.method, path);
  const known = found !== undefined && "handler" in found ? found : undefined;
  const turn = takeTurn({
    request,
    path,
    endpoint: known?.handler.pattern ?? "",
    issue: known?.params.issue,
    site,
    identity,
    sandbox,
  });
  if (turn.refused !== undefined) return turn.refused;
  const answer = await restAnswer(found, path, { request, site, base, identity, sandbox });
  return answer === undefined ? undefined : (turn.finish?.(answer) ?? answer);
}

type Asked = {
  readonly request: SandboxRequest;
  readonly site: Site;
  readonly base: string;
  readonly identity: Identity;
  readonly sandbox: Sandbox;
};

async function restAnswer(
  found: Lookup<Endpoint>,
  path: string,
  { request, site, base, identity, sandbox }: Asked,
): Promise<SandboxResponse | undefined> {
  const kept = (): SandboxResponse | undefined => {
    if (request.method !== "GET" || identity.user === undefined) return undefined;
    const body = recordedAt(site, path, request.rawQuery, base);
    return body === undefined ? undefined : json(200, body);
  };
  // What was recorded of an issue or a project tells more than the parts of it that were understood.
  const unregistered = A_WEBHOOK.test(path) && (site.adminWebhooks ?? []).length === 0;
  const recorded = A_PART.test(path) || unregistered ? kept() : undefined;
  if (recorded !== undefined) return recorded;
  if (found === undefined) return kept();
  if ("allowed" in found) {
    request.note(`the resource has no ${request.method}, only ${found.allowed.join(", ")}`);
    return empty(405, [["Allow", found.allowed.join(", ")]]);
  }
  const { version } = found.params;
  if (version !== undefined && path.startsWith("/rest/api/") && !VERSIONS[site.face].includes(version))
    return undefined;
  const call = callOf(request, site, base, identity, sandbox, found.params);
  const answer = await answered(found.handler.resource, call, path);
  if (call.happenings.length > 0) await dispatch(call);
  if (answer === undefined || answer.status === 404 || answer.status === 400) return kept() ?? answer;
  return answer;
}

function callOf(
  request: SandboxRequest,
  site: Site,
  base: string,
  identity: Identity,
  sandbox: Sandbox,
  params: Readonly<Record<string, string>>,
): Call {
  const version = params.version ?? "1";
  return {
    request,
    sandbox,
    site,
    world: sandbox.state.world,
    base,
    version,
    adf: version === "3",
    params,
    query: request.query,
    identity,
    user: identity.user,
    now: sandbox.now(),
    happenings: [],
  };
}

async function answered(resource: Resource, call: Call, path: string): Promise<SandboxResponse | undefined> {
  try {
    return await resource(call);
  } catch (error) {
    const refusal = refusalOf(error);
    call.request.note(refusal.message);
    return json(
      refusal.status,
      errorBody(refusal, path.startsWith("/rest/servicedeskapi") ? "desk" : "jira"),
    );
  }
}

function refusalOf(error: unknown): JiraError {
  if (error instanceof JiraError) return error;
  // JSON may be nested deeper than any walk of it can follow; that is the sender's doing.
  if (error instanceof RangeError) return new JiraError(400, ["The request body is nested too deeply."]);
  throw error;
}
