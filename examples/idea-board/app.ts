// A product with ideas: every customer pushes them into a Jira of their own, and sees there how they get on.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import express, { type ErrorRequestHandler, type Request, type Response } from "express";
import { isLatchkeyError } from "latchkey";
import { expressHandler } from "latchkey/express";
import { BULB, LIVE, STYLE } from "./assets.ts";
import { CUSTOMERS, type Customer, openSessions } from "./customers.ts";
import { verified } from "./hook.ts";
import { type Idea, openIdeas, plant } from "./ideas.ts";
import { issueFrom, jiraOf, listenToJira, lookAgain, openJira, pushIdea } from "./jira.ts";
import { createLive } from "./live.ts";
import { boardPage, ideaPage, signInPage, sorryPage } from "./pages.ts";

const { PORT = "3000", BOARD_HOME = ".idea-board", LOOK_EVERY_S = "20" } = process.env;
const url = process.env.BOARD_URL ?? `http://localhost:${PORT}`;

mkdirSync(BOARD_HOME, { recursive: true, mode: 0o700 });
const db = new DatabaseSync(join(BOARD_HOME, "board.db"));
const sessions = openSessions(db);
const ideas = openIdeas(db);
plant(ideas);
const live = createLive();
const latchkey = await openJira({
  home: join(BOARD_HOME, "latchkey"),
  url,
  env: process.env,
  customerIn: sessions.customerIn,
});
await listenToJira(latchkey, ideas, url);

const app = express();
app.disable("x-powered-by");
// Connecting, the guided set-up of a customer's own server, and the state of the links: Latchkey's own pages.
app.use("/latchkey", expressHandler(latchkey));
app.post("/hooks/latchkey", express.raw({ type: () => true, limit: "100kb" }), async (request, response) => {
  const told = verified(
    ideas.setting("hook_secret") ?? "",
    (name) => request.get(name),
    request.body as Buffer,
  );
  if (told === undefined) return response.sendStatus(401);
  const { owner = "", link } = told.data;
  if (told.type === "link.updated" && link?.id !== undefined) await hear(owner, link.id);
  return response.sendStatus(204);
});

app.use((request, response, next) => {
  response.set({
    "content-security-policy":
      "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
  });
  // A form of another site must not act for whoever is signed in here.
  const from = request.get("origin");
  if (request.method === "POST" && from !== new URL(url).origin) return response.sendStatus(403);
  return next();
});
app.get("/style.css", (_request, response) => response.type("css").send(STYLE));
app.get("/live.js", (_request, response) => response.type("js").send(LIVE));
app.get("/bulb.svg", (_request, response) => response.type("svg").send(BULB));

const form = express.urlencoded({ extended: false, limit: "100kb" });
const text = (request: Request, name: string, max: number) =>
  String((request.body as Record<string, unknown>)[name] ?? "")
    .trim()
    .slice(0, max);

app.post("/sign-in", form, (request, response) => {
  const customer = CUSTOMERS.find(({ id }) => id === text(request, "customer", 40));
  if (!customer) return response.sendStatus(400);
  const [name, value] = sessions.begin(customer);
  response.cookie(name, value, { httpOnly: true, sameSite: "lax", secure: url.startsWith("https:") });
  return response.redirect(303, "/");
});
app.post("/sign-out", (request, response) => {
  sessions.end(request.headers.cookie);
  response.clearCookie(sessions.cookie);
  response.redirect(303, "/");
});

type Signed = (customer: Customer, request: Request, response: Response) => unknown;
/** Runs for whoever is signed in; everybody else is asked who they are. */
const signed = (act: Signed) => async (request: Request, response: Response) => {
  response.set("cache-control", "no-store");
  const customer = sessions.customerIn(request.headers.cookie);
  if (customer) await act(customer, request, response);
  else response.status(request.path === "/" ? 200 : 401).send(signInPage());
};
/** The same for one idea of theirs; another customer's does not exist. */
const own = (act: (idea: Idea, customer: Customer, request: Request, response: Response) => unknown) =>
  signed(async (customer, request, response) => {
    const idea = ideas.find(customer.id, String(request.params.id));
    if (idea) await act(idea, customer, request, response);
    else response.status(404).send(sorryPage("No such idea", "It is not on this board."));
  });

const jiraFor = (customer: Customer) => jiraOf(latchkey, ideas, customer);

app.get(
  "/",
  signed(async (customer, _request, response) => {
    response.send(boardPage(customer, ideas.list(customer.id), await jiraFor(customer)));
  }),
);
app.get(
  "/live",
  signed((customer, _request, response) => live.join(customer.id, response)),
);
app.post(
  "/project",
  form,
  signed((customer, request, response) => {
    ideas.set(`project:${customer.id}`, text(request, "project", 100));
    response.redirect(303, "/");
  }),
);
app.post(
  "/ideas",
  form,
  signed((customer, request, response) => {
    const title = text(request, "title", 255).replace(/\s+/g, " ");
    if (title !== "") ideas.add(customer.id, title, text(request, "description", 20_000));
    live.changed(customer.id);
    response.redirect(303, "/");
  }),
);
app.get(
  "/ideas/:id",
  own(async (idea, customer, _request, response) => {
    response.send(ideaPage(customer, idea, await jiraFor(customer)));
  }),
);
app.post(
  "/ideas/:id",
  form,
  own((idea, customer, request, response) => {
    const title = text(request, "title", 255).replace(/\s+/g, " ") || idea.title;
    ideas.edit(customer.id, idea.id, title, text(request, "description", 20_000));
    response.redirect(303, `/ideas/${idea.id}`);
  }),
);
app.post(
  "/ideas/:id/vote",
  own((idea, customer, _request, response) => {
    ideas.vote(customer.id, idea.id);
    response.redirect(303, "/");
  }),
);
app.post(
  "/ideas/:id/push",
  own(async (idea, customer, _request, response) => {
    const jira = await jiraFor(customer);
    if (jira) await pushIdea(latchkey, ideas, customer, idea, jira, url);
    live.changed(customer.id);
    response.redirect(303, "/");
  }),
);
app.use(((error, _request, response, _next) => {
  const says = isLatchkeyError(error)
    ? `${error.message} ${error.fix}`
    : "That was not expected. Please try again.";
  if (!isLatchkeyError(error)) console.error(error);
  response.status(502).send(sorryPage("That did not work", says));
}) satisfies ErrorRequestHandler);

/** Looks up what was told of, and passes it on to the boards that are open. */
async function hear(owner: string, link_id: string): Promise<void> {
  const link = await latchkey.push.links.get(owner, link_id);
  if (ideas.tell(owner, link.idea_id, issueFrom(link))) live.changed(owner);
}

// Where Jira cannot reach this server, whoever looks at a board has it looked up.
let looking = false;
const looks = setInterval(async () => {
  if (looking) return;
  looking = true;
  try {
    for (const customer of live.watching()) await lookAgain(latchkey, customer);
  } catch (error) {
    console.error(error);
  } finally {
    looking = false;
  }
}, Number(LOOK_EVERY_S) * 1000);

const server = app.listen(Number(PORT), "127.0.0.1", () => console.log(url));
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    clearInterval(looks);
    live.close();
    server.close();
    server.closeAllConnections();
    await latchkey.close();
    db.close();
    process.exit(0);
  });
}
