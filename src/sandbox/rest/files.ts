/** The addresses of files outside the REST API: Data Center's `/secure/attachment`, Cloud's media store. */
import { authenticate } from "../auth/identity.ts";
import { cloudSite, dataCenter, type Instance } from "../auth/instance.ts";
import type { Face } from "../face.ts";
import { json, type Route, type Sandbox, type SandboxRequest, type SandboxResponse } from "../message.ts";
import type { JiraRecord, Project, Site, User } from "../world/model.ts";
import { contentOf, mediaAddressHolds, serveContent, serveThumbnail } from "./attachment-content.ts";
import { attachmentsOf } from "./attachments.ts";
import { errorBody, JiraError } from "./refuse.ts";

const NOT_THERE = { errorMessages: ["The attachment does not exist or may not be seen."], errors: {} };

function held(site: Site, id: string): { attachment: JiraRecord; project: Project | undefined } | undefined {
  for (const issue of Object.values(site.issues)) {
    const attachment = attachmentsOf(issue).find((one) => String(one.id) === id);
    if (attachment !== undefined) return { attachment, project: site.projects[issue.projectId] };
  }
  return undefined;
}

function serve(request: SandboxRequest, site: Site, id: string, sees: (project?: Project) => boolean) {
  const found = held(site, id);
  const content = found === undefined || !sees(found.project) ? undefined : contentOf(site, found.attachment);
  if (found === undefined || content === undefined) {
    request.note("the attachment does not exist, may not be seen, or its content is not kept");
    return json(404, NOT_THERE);
  }
  try {
    return serveContent(request, found.attachment, content);
  } catch (error) {
    if (error instanceof JiraError) return json(error.status, errorBody(error, "jira"));
    throw error;
  }
}

function secure(
  request: SandboxRequest,
  params: Record<string, string>,
  instance: Instance | undefined,
  sandbox: Sandbox,
): SandboxResponse {
  if (instance === undefined) return json(404, NOT_THERE);
  const caller = authenticate(request, instance.site, sandbox);
  if ("status" in caller) return caller;
  const { user } = caller;
  const answer = serve(request, instance.site, params.id ?? "", (project) => sees(user, project));
  return { ...answer, headers: [...(answer.headers ?? []), ...caller.headers] };
}

function sees(user: User | undefined, project: Project | undefined): boolean {
  if (user === undefined) return false;
  return project?.members === undefined || user.admin || project.members.includes(user.name);
}

function media(request: SandboxRequest, params: Record<string, string>, sandbox: Sandbox): SandboxResponse {
  const { site: name = "", id = "", expires = "" } = params;
  const token = request.query.get("token") ?? "";
  const instance = cloudSite(name, sandbox);
  if (instance === undefined || !mediaAddressHolds(sandbox, { site: name, id, expires, token })) {
    request.note("the media address is forged or has run out");
    return json(403, { error: { code: "JwtAuthoriser:AuthorisationError", title: "Forbidden" } });
  }
  return serve(request, instance.site, id, () => true);
}

/** The routes of one face. */
export function fileRoutes(face: Face): Route[] {
  if (face === "cloud") {
    return [
      { method: "GET", pattern: "/media/{site}/{id}/{expires}/{name}", handler: media },
      {
        method: "GET",
        pattern: "/sites/{name}/secure/attachment/{id}/{file}",
        handler: (request, params, sandbox) =>
          secure(request, params, cloudSite(params.name ?? "", sandbox), sandbox),
      },
    ];
  }
  return [
    {
      method: "GET",
      pattern: "/secure/attachment/{id}/{file}",
      handler: (request, params, sandbox) => secure(request, params, dataCenter(sandbox), sandbox),
    },
    {
      method: "GET",
      pattern: "/secure/thumbnail/{id}/{file}",
      handler: (request, params, sandbox) => {
        const answer = secure(request, params, dataCenter(sandbox), sandbox);
        return answer.status === 200 ? serveThumbnail(request) : answer;
      },
    },
  ];
}
