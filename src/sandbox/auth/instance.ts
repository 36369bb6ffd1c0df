import type { Sandbox, SandboxRequest } from "../message.ts";
import { contextPath } from "../options.ts";
import type { Site } from "../world/model.ts";
import { own } from "./sessions.ts";

/** One Jira as a browser meets it: the Data Center, or a Cloud site under `/sites/{name}`. */
export type Instance = {
  readonly site: Site;
  /** The base URL it shows to the world, without a trailing slash. */
  readonly base: string;
  /** What its own links begin with: the path part of the base, as this server is reached. */
  readonly root: string;
};

/** The Data Center instance. */
export function dataCenter(sandbox: Sandbox): Instance {
  return { site: sandbox.state.world.sites.datacenter!, base: sandbox.dataCenterUrl, root: contextPath };
}

/** A Cloud site by its name; undefined when there is none. */
export function cloudSite(name: string, sandbox: Sandbox): Instance | undefined {
  const site = own(sandbox.state.world.sites, name);
  if (site?.face !== "cloud") return undefined;
  return { site, base: `${sandbox.cloudUrl}/sites/${site.id}`, root: `/sites/${site.id}` };
}

/** Where a person signs in before they come back to the page they asked for. */
export function loginLocation(request: SandboxRequest, instance: Instance | undefined): string {
  if (request.face === "cloud") return `/login?continue=${encodeURIComponent(request.target)}`;
  const wanted = request.target.slice((instance?.root ?? "").length);
  return `${instance?.root ?? ""}/login.jsp?permissionViolation=true&os_destination=${encodeURIComponent(wanted)}`;
}
