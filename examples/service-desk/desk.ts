// Jira Service Management with scopes of its own: who I am, the desks, what can be asked for, my requests; raises one.
//
//   node examples/service-desk/desk.ts                                        lists
//   node examples/service-desk/desk.ts "Get IT help" "My screen stays dark"   raises a request of that type, then lists
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createLatchkey, isLatchkeyError, type Jira, Secret } from "latchkey";
import { expressHandler } from "latchkey/express";

const { PORT = "3001", LATCHKEY_HOME = ".latchkey-desk", CLIENT_ID = "", CLIENT_SECRET = "" } = process.env;
const { JIRA_AUTH_URL, JIRA_API_URL } = process.env; // only where Jira Cloud is the sandbox
const [typeName, summary] = process.argv.slice(2);

const latchkey = await createLatchkey({
  home: LATCHKEY_HOME,
  publicUrl: `http://localhost:${PORT}`,
  application: "Service desk example",
  registrations: [
    {
      id: "jsm",
      flavor: "cloud",
      client_id: CLIENT_ID,
      client_secret: new Secret(CLIENT_SECRET),
      redirect_uri: `http://localhost:${PORT}/callback/jsm`,
      // `read:me` lets the account API say who approved; no scope of Jira itself is needed.
      scope: ["read:me", "read:servicedesk-request", "write:servicedesk-request", "offline_access"],
      allowance: true,
      ...(JIRA_AUTH_URL && { auth_url: JIRA_AUTH_URL }),
      ...(JIRA_API_URL && { api_url: JIRA_API_URL }),
    },
  ],
});

try {
  const connection = await connected();
  const { account, site } = connection;
  console.log(
    `I am ${account?.display_name} <${account?.email}>, account ${account?.account_id}, at ${site.url}`,
  );
  const jira = await latchkey.jira(connection.id);
  if (typeName !== undefined) await raise(jira, typeName, summary ?? typeName);
  await list(jira);
} catch (error) {
  console.error(isLatchkeyError(error) ? `${error.message} ${error.fix}` : error);
  process.exitCode = 1;
} finally {
  await latchkey.close();
}

/** The connection made before, else the one a person makes now in the browser. */
async function connected() {
  const [known] = await latchkey.connections.list("local");
  if (known) return known;
  const server = createServer(expressHandler(latchkey)).listen(Number(PORT), "127.0.0.1");
  console.error(`Open http://localhost:${PORT}/connect and press Connect to Jira.`);
  try {
    for (;;) {
      const [connection] = await latchkey.connections.list("local");
      if (connection?.state === "active") return connection;
      await sleep(300);
    }
  } finally {
    // The browser may still be loading the page it came back to.
    await sleep(300);
    server.close();
    server.closeIdleConnections();
  }
}

async function raise(jira: Jira, wanted: string, summary: string): Promise<void> {
  for await (const desk of jira.serviceDesks()) {
    for await (const type of jira.requestTypes(String(desk.id))) {
      if (type.name !== wanted) continue;
      const request = await jira.createRequest({
        service_desk_id: String(desk.id),
        request_type_id: String(type.id),
        fields: { summary, description: "Raised through Latchkey." },
      });
      console.log(`Raised ${request.issueKey}: ${summary}`);
      return;
    }
  }
  throw new Error(`No desk offers ${JSON.stringify(wanted)}.`);
}

async function list(jira: Jira): Promise<void> {
  for await (const desk of jira.serviceDesks()) {
    console.log(`\nDesk ${desk.projectKey}: ${desk.projectName}`);
    for await (const type of jira.requestTypes(String(desk.id)))
      console.log(`  ${type.name}: ${type.description}`);
  }
  console.log("\nMy requests");
  for await (const request of jira.requests()) {
    const { status } = request.currentStatus as { status: string };
    console.log(`  ${request.issueKey}  ${status}`);
  }
}
