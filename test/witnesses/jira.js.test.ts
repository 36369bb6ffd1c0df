/** jira.js, the Jira Cloud client: with e-mail and API token at a site, with a bearer, and with its own OAuth 2.0. */
import { createAgileClient, createCloudClient, createServiceDeskClient } from "jira.js";
import {
  createClient,
  exchangeAuthorizationCode,
  generateAuthorizationUrl,
  refreshOAuth2Token,
} from "jira.js/core";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { approve, CALLBACK, cloudIdOf, type Ground, openGround } from "./jira.ts";

const app = { clientId: "sandbox-cloud-app", clientSecret: "sandbox-cloud-secret" };
const scopes = ["read:jira-user", "read:jira-work", "write:jira-work", "offline_access"];

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.stop());
afterEach(() => vi.unstubAllGlobals());

/**
 * jira.js knows Atlassian's two hosts as constants. As an entry in a hosts file would, this leads them to the
 * sandbox; the client itself stays as it is.
 */
function leadAtlassianToSandbox(): void {
  const direct = globalThis.fetch;
  vi.stubGlobal("fetch", (input: string | URL | Request, init?: RequestInit) => {
    const text = input instanceof Request ? input.url : String(input);
    const url = text.replace(/^https:\/\/(auth|api)\.atlassian\.com/, ground.cloudUrl);
    return direct(input instanceof Request ? new Request(url, input) : url, init);
  });
}

async function tokens() {
  const authorize = generateAuthorizationUrl({ ...app, scopes, redirectUri: CALLBACK, state: "s-1" });
  const back = await approve(
    authorize.replace("https://auth.atlassian.com", ground.cloudUrl),
    cloudIdOf(ground),
  );
  return exchangeAuthorizationCode({ ...app, code: back.get("code") ?? "", redirectUri: CALLBACK });
}

/** Answers are held against jira.js's own schemas of Jira's answers; a drift is an error. */
const strict = { onSchemaMismatch: "throw" } as const;

describe("jira.js with e-mail and API token at the site", () => {
  const auth = { type: "basic", email: "alana@example.com", apiToken: "sandbox-api-token-alana" } as const;
  const config = () => ({ host: `${ground.cloudUrl}/sites/acme`, auth, ...strict });

  test("knows who it is, reads JJ-2, searches, lists projects", async () => {
    const jira = createCloudClient(config());
    expect((await jira.myself.getCurrentUser({})).displayName).toBe("Alana Example");
    expect((await jira.issues.getIssue({ issueIdOrKey: "JJ-2" })).key).toBe("JJ-2");
    const found = await jira.issueSearch.searchAndReconsileIssuesUsingJqlPost({
      jql: "key = JJ-2",
      fields: ["summary"],
    });
    expect(found.issues?.map((issue) => issue.key)).toEqual(["JJ-2"]);
    const projects = await jira.projects.searchProjects({});
    expect(projects.values?.map((project) => project.key)).toContain("JJ");
  });

  test("writes: a comment in wiki markup comes back as a document; an issue is created and moved", async () => {
    const jira = createCloudClient(config());
    const comment = await jira.issueComments.addComment({ issueIdOrKey: "JJ-2", body: "A *bold* word" });
    expect(JSON.stringify(comment.body)).toContain('"strong"');
    const created = await jira.issues.createIssue({
      fields: { project: { key: "JJ" }, issuetype: { name: "Task" }, summary: "Made by jira.js" },
    });
    const { transitions = [] } = await jira.issues.getTransitions({ issueIdOrKey: created.key });
    expect(transitions.length).toBeGreaterThan(0);
    await jira.issues.doTransition({
      issueIdOrKey: created.key,
      transition: { id: transitions[0]?.id ?? "" },
    });
  });

  test("lists boards and service desks, and raises a request", async () => {
    const agile = createAgileClient(config());
    expect((await agile.board.getAllBoards({})).values?.length).toBeGreaterThan(0);
    const desk = createServiceDeskClient(config());
    const [first] = (await desk.servicedesk.getServiceDesks({})).values ?? [];
    const serviceDeskId = String(first?.id);
    const types = await desk.servicedesk.getRequestTypes({ serviceDeskId });
    const request = await desk.request.createCustomerRequest({
      serviceDeskId,
      requestTypeId: String(types.values?.[0]?.id),
      requestFieldValues: { summary: "Raised by jira.js" },
    });
    expect(request.issueKey).toMatch(/^[A-Z]+-\d+$/);
  });

  test("a wrong token is an authentication error", async () => {
    const jira = createCloudClient({ ...config(), auth: { ...auth, apiToken: "wrong" } });
    await expect(jira.myself.getCurrentUser({})).rejects.toMatchObject({ status: 401 });
  });
});

describe("jira.js with OAuth 2.0", () => {
  test("a bearer of the dance works at the gateway's base", async () => {
    leadAtlassianToSandbox();
    const { accessToken } = await tokens();
    const host = `${ground.cloudUrl}/ex/jira/${cloudIdOf(ground)}`;
    const jira = createCloudClient({ host, auth: { type: "bearer", token: accessToken }, ...strict });
    expect((await jira.issues.getIssue({ issueIdOrKey: "JJ-2" })).key).toBe("JJ-2");
  });

  test("with a refresh token alone it refreshes, finds the cloud id, and tells of the rotated pair", async () => {
    leadAtlassianToSandbox();
    const { refreshToken } = await tokens();
    const seen: (string | undefined)[] = [];
    const client = createClient({
      auth: {
        type: "oauth2",
        refreshToken,
        ...app,
        onTokenRefresh: (event) => void seen.push(event.refreshToken),
      },
      ...strict,
    });
    const jira = createCloudClient(client);
    expect((await jira.myself.getCurrentUser({})).displayName).toBe("Alana Example");
    expect(seen).toHaveLength(1);
    expect(seen[0]).not.toBe(refreshToken);
    const again = await refreshOAuth2Token({ ...app, refreshToken: seen[0] ?? "" });
    expect(again.tokenType.toLowerCase()).toBe("bearer");
  });

  test("a scope that was not granted is told as such, and refreshes nothing", async () => {
    leadAtlassianToSandbox();
    const { accessToken, refreshToken } = await tokens();
    let refreshed = 0;
    const desk = createServiceDeskClient({
      auth: { type: "oauth2", accessToken, refreshToken, ...app, onTokenRefresh: () => void refreshed++ },
      ...strict,
    });
    await expect(desk.servicedesk.getServiceDesks({})).rejects.toMatchObject({ status: 401 });
    expect(refreshed).toBe(0);
  });
});
