// A product with a Connect to Jira button: connect, then read Jira as the person who approved.
import { randomUUID } from "node:crypto";
import express, { type ErrorRequestHandler } from "express";
import { createLatchkey, isLatchkeyError } from "latchkey";
import { expressHandler } from "latchkey/express";
import { whichJira } from "./which-jira.ts";

const { PORT = "3000", ISSUE = "JJ-2", LATCHKEY_HOME = ".latchkey" } = process.env;
const publicUrl = `http://localhost:${PORT}/sessions`;
const visitorIn = (cookies = "") => /(?:^|; )visitor=([\w-]{36})(?:;|$)/.exec(cookies)?.[1];

const latchkey = await createLatchkey({
  home: LATCHKEY_HOME,
  publicUrl,
  application: "Forty Lines",
  owner: (request) => visitorIn(request.headers.get("cookie") ?? ""), // your own signed-in user goes here
  registrations: [whichJira(process.env, `${publicUrl}/callback`)],
});

const app = express();
app.use("/sessions", expressHandler(latchkey)); // GET /sessions/connect begins, /sessions/callback ends
app.get("/", async (request, response) => {
  const visitor = visitorIn(request.headers.cookie) ?? randomUUID();
  response.cookie("visitor", visitor, { httpOnly: true, sameSite: "lax" });
  const [connection] = await latchkey.connections.list(visitor);
  if (!connection) return response.send('<a href="/sessions/connect?return_to=/">Connect to Jira</a>');
  const jira = await latchkey.jira(connection.id, visitor);
  const [person, issue] = await Promise.all([jira.myself(), jira.issue(ISSUE, { fields: ["summary"] })]);
  const name = escapeHtml(person.name ?? person.display_name);
  const summary = escapeHtml(issue.fields?.summary);
  return response.send(`<p>Authorized username: ${name}</p><p>${issue.key}: ${summary}</p>`);
});
app.use(((error, _request, response, _next) => {
  const said = isLatchkeyError(error) ? `${error.message} ${error.fix}` : "Something went wrong.";
  response.status(502).type("text").send(said);
}) satisfies ErrorRequestHandler);
app.listen(Number(PORT), "127.0.0.1", () => console.log(`http://localhost:${PORT}`));

function escapeHtml(text: unknown): string {
  return String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
