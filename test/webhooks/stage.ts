/** A gateway that listens on loopback, so that the sandbox reaches it with webhooks; pushes and links are real. */
import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createConnect } from "../../src/connect/index.ts";
import { createGateway, type GatewayParts } from "../../src/gateway/index.ts";
import { createHandles, createUseLog } from "../../src/handles/index.ts";
import { createJira } from "../../src/jira/index.ts";
import type { Flavor } from "../../src/protocol/index.ts";
import { createPush, type Push } from "../../src/push/index.ts";
import { type Connection, publish, type RegistrationInput } from "../../src/vault/index.ts";
import { createFollowing, type Following } from "../../src/webhooks/index.ts";
import {
  answerOf,
  decide,
  type Hall,
  newBinding,
  OWNER,
  openHall,
  personsBrowser,
  registrationInput,
} from "../connect/hall.ts";
import { linkRow } from "../store/rows.ts";

export { OWNER };
export const WITH_WEBHOOKS = [
  ...["read:jira-user", "read:jira-work", "write:jira-work"],
  ...["manage:jira-webhook", "offline_access"],
];

export type Stage = {
  readonly hall: Hall;
  readonly push: Push;
  readonly following: Following;
  /** Where the gateway is. */
  readonly url: string;
  /** While it is set, the gateway answers so, and does nothing. */
  readonly ill: { status?: number };
  /** A connection of the one owner; default to acme, by alana, on Cloud. */
  connect(
    flavor?: Flavor,
    options?: { readonly scope?: readonly string[]; readonly user?: string },
  ): Promise<Connection>;
  /** Disconnects as pages and commands do. */
  disconnect(connection: Connection): Promise<void>;
  /** An issue in Jira and a link to it, without a push. */
  linked(
    connection: Connection,
    summary: string,
    project?: string,
  ): Promise<{ id: string; key: string; link: string }>;
  /** Waits until the sandbox has made every attempt that is due. */
  delivered(): Promise<ReturnType<Hall["sandbox"]["control"]["webhooks"]>["deliveries"]>;
  /** Does what the jobs do: looks at connections, reads issues again, until nothing is due. */
  work(): Promise<void>;
  /** Moves both clocks. */
  pass(seconds: number): void;
  /** `link.updated` events, oldest first. */
  told(): Promise<Record<string, unknown>[]>;
  /** A following of its own over the same ground. */
  another(change: Partial<Parameters<typeof createFollowing>[0]>): Following;
  close(): Promise<void>;
};

export async function openStage(): Promise<Stage> {
  const hall = await openHall();
  const ready: { listener?: ReturnType<typeof createGateway>["listener"] } = {};
  const ill: Stage["ill"] = {};
  const server = createServer((request, response) => {
    if (ill.status === undefined) return ready.listener!(request, response);
    request.resume();
    return void response.writeHead(ill.status).end();
  });
  const url = `http://localhost:${await listen(server)}`;
  const { vault, store, transport, log, now, sandbox } = hall;
  await sandbox.control.register({ scopes: WITH_WEBHOOKS });
  const random = (bytes: number) => new Uint8Array(randomBytes(bytes));
  const jiraFor = async (owner: string, id: string) => {
    const { flavor, site, scope_granted } = await vault.connections.get(owner, id);
    return createJira({
      ...{ flavor, api_base_url: site.api_base_url, site_url: site.url, transport, now, random, log },
      credentials: {
        current: () => vault.credentialFor(owner, id),
        rejected: (token_id) => vault.rejected(owner, id, token_id),
      },
      ...(flavor === "cloud" && scope_granted && { granted: scope_granted }),
    });
  };
  const push = createPush({ ...hall, random, jiraFor, publish, application: "Ideas" });
  const base = { ...hall, random, jiraFor, links: push.links, public_url: url };
  const following = createFollowing(base);
  const connect = createConnect({ ...hall, random, parting: following.end });
  const uses = createUseLog({ ...hall, random });
  const parts: GatewayParts = {
    ...{ ...hall, random, jiraFor, connect, following, public_url: url },
    handles: createHandles({ store, now, random, uses }),
  };
  ready.listener = createGateway(parts).listener;
  const pass = (seconds: number) => {
    hall.clock.ahead_ms += seconds * 1000;
    sandbox.control.advance(seconds);
  };
  let made = 0;
  return {
    ...{ hall, push, following, url, ill },
    async connect(flavor = "cloud", { scope = WITH_WEBHOOKS, user = "alana" } = {}) {
      const input: RegistrationInput = registrationInput(hall, flavor);
      const asked = flavor === "cloud" ? { scope } : {};
      if (!(await vault.registrations.find(input.id))) await vault.registrations.add({ ...input, ...asked });
      const binding = newBinding();
      const begun = await connect.begin({ owner: OWNER, registration_id: input.id, binding, ...asked });
      const params = answerOf(await decide(personsBrowser(), begun.authorize_url, { user }));
      const done = await connect.complete({ registration_id: input.id, params, binding });
      if (done.kind !== "connected") throw new Error(`It ended as ${done.kind}.`);
      return done.connection;
    },
    disconnect: async ({ owner, id }) => void (await connect.disconnect(owner, id)),
    async linked({ owner, id, registration_id, site }, summary, project = "JJ") {
      const jira = await jiraFor(owner, id);
      const issue = await jira.createIssue({ project, issuetype: "Bug", summary });
      const link = `lnk_${++made}`;
      await store.links.insert(
        linkRow({
          ...{ id: link, owner, connection_id: id, registration_id, site_id: site.id, project },
          ...{ idea_id: `idea-${made}`, issue_id: issue.id, issue_key: issue.key },
          ...{ status: null, status_category: null, pushed_at: now(), seen_at: now() },
          ...{ created_at: now(), updated_at: now() },
        }),
      );
      return { id: issue.id, key: issue.key, link };
    },
    async delivered() {
      for (;;) {
        const { deliveries } = sandbox.control.webhooks();
        const { now_ms } = sandbox.control.state().clock;
        const isDue = (at: string | undefined) => at === undefined || Date.parse(at) <= now_ms;
        if (!deliveries.some((one) => one.state === "waiting" && isDue(one.next_attempt_at)))
          return deliveries;
        await new Promise((next) => setTimeout(next, 5));
      }
    },
    async work() {
      for (;;) {
        const [connections, issues] = [await following.dueConnections(100), await following.dueIssues(100)];
        for (const { owner, id } of connections) await following.look(owner, id).catch(() => {});
        await Promise.all(issues.map(({ id }) => following.readAgain(id)));
        if (connections.length + issues.length === 0) return;
      }
    },
    pass,
    async told() {
      const rows = await store.events.list(OWNER, { type: "link.updated", limit: 500 });
      return rows.reverse().map(({ data }) => JSON.parse(data) as Record<string, unknown>);
    },
    another: (change) => createFollowing({ ...base, ...change }),
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await uses.close();
      await hall.close();
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
