// Everything between the board and Jira: Latchkey as a library, one owner for each customer.
import { createLatchkey, isLatchkeyError, type Latchkey, Secret } from "latchkey";
import type { Customer } from "./customers.ts";
import type { Idea, Ideas, Issue } from "./ideas.ts";
import type { JiraView } from "./pages.ts";

/** Where nothing else is said, Jira Cloud and the customers' own server are the sandbox. */
const SANDBOX = { cloud: "http://localhost:8090", server: "http://localhost:8091/jira" };
const MOST_PROJECTS = 100;

export type JiraOptions = {
  readonly home: string;
  /** The board's own address. */
  readonly url: string;
  readonly env: NodeJS.ProcessEnv;
  readonly customerIn: (cookies: string | undefined) => Customer | undefined;
};

export async function openJira({ home, url, env, customerIn }: JiraOptions): Promise<Latchkey> {
  const latchkey = await createLatchkey({
    home,
    publicUrl: `${url}/latchkey`,
    application: "Idea Board",
    owner: (request) => customerIn(request.headers.get("cookie") ?? "")?.id,
    registrations: [cloudApp(url, env)],
  });
  await allowServers(latchkey, url, env);
  return latchkey;
}

/** One app in Atlassian's developer console serves the Cloud sites of all customers. */
function cloudApp(url: string, env: NodeJS.ProcessEnv) {
  const { CLIENT_ID, CLIENT_SECRET = "", SANDBOX_CLOUD = SANDBOX.cloud } = env;
  const own = CLIENT_ID !== undefined;
  return {
    id: "cloud",
    title: "Jira Cloud",
    flavor: "cloud" as const,
    client_id: own ? CLIENT_ID : "sandbox-cloud-app",
    client_secret: new Secret(own ? CLIENT_SECRET : "sandbox-cloud-secret"),
    redirect_uri: `${url}/latchkey/callback/cloud`,
    // The last but one lets Jira tell of changes itself, where it can reach this server.
    scope: ["read:jira-user", "read:jira-work", "write:jira-work", "manage:jira-webhook", "offline_access"],
    ...(!own && {
      auth_url: SANDBOX_CLOUD,
      api_url: SANDBOX_CLOUD,
      cloud_sites: `${SANDBOX_CLOUD}/sites/{name}`,
      allowance: true,
    }),
  };
}

/**
 * What a customer types may never lead into a private network, except to the servers their operator names here. The
 * customers set up their own links to them, on Latchkey's guided page; this draft belongs to none of them.
 */
async function allowServers(latchkey: Latchkey, url: string, env: NodeJS.ProcessEnv): Promise<void> {
  const named = env.PRIVATE_JIRAS ?? (env.CLIENT_ID === undefined ? SANDBOX.server : "");
  for (const [index, site_base_url] of named
    .split(/[\s,]+/)
    .filter(Boolean)
    .entries()) {
    const id = `private-${index + 1}`;
    const draft = {
      id,
      owner: "operator",
      title: "Allowed by the operator",
      flavor: "datacenter-oauth2" as const,
      site_base_url,
      client_id: "",
      redirect_uri: `${url}/latchkey/callback/${id}`,
      scope: ["WRITE"],
      state: "draft" as const,
      allowance: true,
    };
    const known = await latchkey.registrations.find(id);
    if (known?.site_base_url === site_base_url) continue;
    if (known) await latchkey.registrations.remove(id);
    await latchkey.registrations.add(draft);
  }
}

/** The signed events of Latchkey come to the board itself; the secret they are signed with is kept beside the ideas. */
export async function listenToJira(latchkey: Latchkey, ideas: Ideas, url: string): Promise<void> {
  const address = `${url}/hooks/latchkey`;
  const known = await latchkey.webhooks.list(undefined);
  if (ideas.setting("hook_secret") !== undefined && known.some((one) => one.url === address)) return;
  for (const old of known) await latchkey.webhooks.remove(undefined, old.id);
  const { secret } = await latchkey.webhooks.add({ url: address, types: ["link.updated"], allowance: true });
  ideas.set("hook_secret", secret.reveal());
}

/** How a customer's Jira stands, for the top of the board. */
export async function jiraOf(
  latchkey: Latchkey,
  ideas: Ideas,
  customer: Customer,
): Promise<JiraView | undefined> {
  const [connection] = await latchkey.connections.list(customer.id);
  if (connection === undefined) return undefined;
  const projects = connection.state === "active" ? await projectsOf(latchkey, connection.id, customer) : [];
  const kept = ideas.setting(`project:${customer.id}`);
  return {
    site: connection.site.name || connection.site.url,
    person: connection.account?.display_name ?? "somebody Jira does not name",
    state: connection.state,
    connection_id: connection.id,
    project: projects.find(({ key }) => key === kept)?.key ?? projects[0]?.key ?? "",
    projects,
  };
}

/** A board without its list of projects is still a board. */
async function projectsOf(
  latchkey: Latchkey,
  connection_id: string,
  customer: Customer,
): Promise<JiraView["projects"]> {
  const projects: { key: string; name: string }[] = [];
  try {
    const jira = await latchkey.jira(connection_id, customer.id);
    for await (const { key, name, projectTypeKey } of jira.projects()) {
      if (projectTypeKey === "service_desk") continue; // Those take requests of customers, not ideas.
      projects.push({ key: String(key), name: String(name) });
      if (projects.length === MOST_PROJECTS) break;
    }
  } catch (error) {
    if (!isLatchkeyError(error)) throw error;
  }
  return projects;
}

/** Makes the idea an issue, or brings its issue up to date; the issue leads back to the idea's own page. */
export async function pushIdea(
  latchkey: Latchkey,
  ideas: Ideas,
  customer: Customer,
  idea: Idea,
  view: JiraView,
  url: string,
): Promise<void> {
  try {
    const connection = await latchkey.connection(view.connection_id, customer.id);
    const { link, error } = await connection.push({
      id: idea.id,
      title: idea.title,
      description: idea.description,
      url: `${url}/ideas/${idea.id}`,
      labels: ["idea-board"],
      project: view.project,
      issueType: "Task",
    });
    if (link?.issue_key !== undefined) ideas.tell(customer.id, idea.id, issueFrom(link));
    if (error) ideas.fail(customer.id, idea.id, problemOf(error));
  } catch (error) {
    if (!isLatchkeyError(error)) throw error;
    ideas.fail(customer.id, idea.id, `${error.message} ${error.fix}`);
  }
}

/** What is wrong, and where, in a sentence for whoever pushed. */
function problemOf({ message, fix = "", fields = [] }: Problem): string {
  const where = fields.map(({ field, problem }) => `${field}: ${problem}`).join(" ");
  return [message, where || fix].join(" ").trim();
}

type Problem = NonNullable<Awaited<ReturnType<Latchkey["push"]["push"]>>["error"]>;
type Link = Awaited<ReturnType<Latchkey["push"]["links"]["get"]>>;

export function issueFrom(link: Link): Issue {
  return {
    key: link.issue_key ?? "",
    url: link.issue_url ?? "",
    status: link.status ?? "",
    category: link.status_category ?? "new",
    assignee: link.assignee?.display_name ?? "",
    state: link.state,
  };
}

/** Reads the issues of a customer again: for those who look at the board while nothing tells it of changes. */
export async function lookAgain(latchkey: Latchkey, customer: string): Promise<void> {
  for (const link of await latchkey.push.links.list(customer, { limit: 50 })) {
    if (link.issue_id === undefined || link.state === "deleted") continue;
    try {
      await latchkey.push.links.refresh(customer, link.id);
    } catch (error) {
      if (!isLatchkeyError(error)) throw error;
      if (error.retry !== "never") return; // Jira asks for patience, or the connection has ended: the next look is soon.
    }
  }
}
