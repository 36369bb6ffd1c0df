/** Takes people out of sites and projects, and lets them back in: `POST /__sandbox/membership`. */
import { SandboxRefusal } from "./refusal.ts";
import type { Running } from "./running.ts";
import { findProject, type Site } from "./world/model.ts";

export type MembershipRequest = {
  readonly user: string;
  /** A Cloud site; with a project any site. Default: every site that has the project. */
  readonly site?: string;
  /** A project by key or id; absent = the site itself. */
  readonly project?: string;
  readonly member: boolean;
};

/** Changes who belongs where; gives back where the user belongs now. */
export function changeMembership(asked: MembershipRequest, running: Running): unknown {
  const { world, auth } = running.sandbox.state;
  if (!Object.hasOwn(world.users, asked.user))
    throw new SandboxRefusal("usage", `There is no user ${JSON.stringify(asked.user)}.`);
  const site = asked.site === undefined ? undefined : siteCalled(asked.site, running);
  if (asked.project !== undefined) {
    const sites = site === undefined ? Object.values(world.sites) : [site];
    const changed = sites.filter((one) => changeProject(one, asked, running));
    if (changed.length === 0)
      throw new SandboxRefusal("usage", `There is no project ${JSON.stringify(asked.project)} there.`);
  } else {
    if (site?.face !== "cloud")
      throw new SandboxRefusal("usage", '"site" must name a Cloud site, or "project" a project.');
    const cloud = Object.values(world.sites).filter((one) => one.face === "cloud");
    const before = auth.memberships[asked.user] ?? cloud.map((one) => one.id);
    const others = before.filter((id) => id !== site.id);
    auth.memberships[asked.user] = asked.member ? [...others, site.id] : others;
  }
  world.seq += 1;
  running.sandbox.touched();
  return describe(asked.user, running);
}

function siteCalled(name: string, running: Running): Site {
  const { sites } = running.sandbox.state.world;
  const site = Object.hasOwn(sites, name) ? sites[name] : undefined;
  if (site !== undefined) return site;
  throw new SandboxRefusal(
    "usage",
    `There is no site ${JSON.stringify(name)}. There are: ${Object.keys(sites).join(", ")}.`,
  );
}

function changeProject(site: Site, asked: MembershipRequest, running: Running): boolean {
  const project = findProject(site, asked.project ?? "");
  if (project === undefined) return false;
  const before = project.members ?? Object.keys(running.sandbox.state.world.users);
  const others = before.filter((name) => name !== asked.user);
  project.members = asked.member ? [...others, asked.user] : others;
  return true;
}

function describe(user: string, running: Running): unknown {
  const { world, auth } = running.sandbox.state;
  const sites = Object.values(world.sites);
  const outside = sites.flatMap((site) =>
    Object.values(site.projects)
      .filter((project) => project.members !== undefined && !project.members.includes(user))
      .map((project) => `${site.id}/${project.key}`),
  );
  const cloud = sites.filter((site) => site.face === "cloud").map((site) => site.id);
  return { user, sites: auth.memberships[user] ?? cloud, projects_not_seen: outside };
}
