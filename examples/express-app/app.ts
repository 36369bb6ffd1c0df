// A product with a Connect to Jira button: connect, then read Jira as the person who approved.
import { randomUUID } from "node:crypto";
import express, { type Request } from "express";
import { createLatchkey, isLatchkeyError, Secret } from "latchkey";
import { expressHandler } from "latchkey/express";

const {
  PORT = "3000",
  JIRA_AUTH_URL = "https://auth.atlassian.com",
  JIRA_API_URL = "https://api.atlassian.com",
} = process.env;
const { CLIENT_ID = "", CLIENT_SECRET = "", ISSUE = "JJ-2", LATCHKEY_HOME = ".latchkey" } = process.env;

const visitor = (cookie?: string | null) => /visitor=([\w-]+)/.exec(cookie ?? "")?.[1];
const latchkey = await createLatchkey({
  home: LATCHKEY_HOME,
  publicUrl: `http://localhost:${PORT}/sessions`,
  application: "Forty Lines",
  owner: (request) => visitor(request.headers.get("cookie")),
  registrations: [
    {
      id: "jira",
      flavor: "cloud",
      client_id: CLIENT_ID,
      client_secret: new Secret(CLIENT_SECRET),
      redirect_uri: `http://localhost:${PORT}/sessions/callback`,
      scope: ["read:jira-user", "read:jira-work", "offline_access"],
      auth_url: JIRA_AUTH_URL,
      api_url: JIRA_API_URL,
      allowance: true,
    },
  ],
});

const app = express();
app.use("/sessions", expressHandler(latchkey)); // GET /sessions/connect begins, /sessions/callback ends
app.get("/", async (request: Request, response) => {
  const owner = visitor(request.headers.cookie) ?? randomUUID();
  response.cookie("visitor", owner, { httpOnly: true, sameSite: "lax" }).type("html");
  const [connection] = await latchkey.connections.list(owner);
  if (!connection) return void response.send('<a href="/sessions/connect?return_to=/">Connect to Jira</a>');
  const jira = await latchkey.jira(connection.id, owner);
  const [person, issue] = await Promise.all([jira.myself(), jira.issue(ISSUE, { fields: ["summary"] })]);
  response.send(
    `<p>Authorized username: ${person.name ?? person.display_name}</p><p>${issue.key}: ${escapeHtml(issue.fields?.summary)}</p>`,
  );
});
app.use((error: unknown, _request: Request, response: express.Response, _next: express.NextFunction) => {
  response
    .status(502)
    .send(isLatchkeyError(error) ? `${error.message} ${error.fix}` : "Something went wrong.");
});

const escapeHtml = (text: unknown) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
app.listen(Number(PORT), "127.0.0.1", () => console.log(`http://localhost:${PORT}`));
