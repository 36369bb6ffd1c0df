// The ideas of every customer, and what their issues looked like when they were last heard of.
import { randomUUID } from "node:crypto";
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";

export type Issue = {
  readonly key: string;
  readonly url: string;
  readonly status: string;
  /** Jira's key: `new`, `indeterminate`, `done`. */
  readonly category: string;
  readonly assignee: string;
  /** Latchkey's word: `ok`, `differs`, `deleted`, `moved`, … */
  readonly state: string;
};

export type Idea = {
  readonly id: string;
  readonly customer: string;
  readonly title: string;
  readonly description: string;
  readonly votes: number;
  readonly issue?: Issue;
  /** Why the last push did nothing. */
  readonly problem?: string;
};

type Row = Record<string, SQLOutputValue>;

const SCHEMA = `CREATE TABLE IF NOT EXISTS ideas (
  id TEXT PRIMARY KEY, customer TEXT NOT NULL, title TEXT NOT NULL, description TEXT NOT NULL,
  votes INTEGER NOT NULL DEFAULT 0, issue TEXT, problem TEXT) STRICT;
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;`;

/** Every call names the customer, so that no page can show another's. */
export function openIdeas(db: DatabaseSync) {
  db.exec(SCHEMA);
  const all = db.prepare("SELECT * FROM ideas WHERE customer = ? ORDER BY votes DESC, rowid");
  const one = db.prepare("SELECT * FROM ideas WHERE customer = ? AND id = ?");
  const insert = db.prepare(
    "INSERT INTO ideas (id, customer, title, description, votes) VALUES (?, ?, ?, ?, ?)",
  );
  const edit = db.prepare("UPDATE ideas SET title = ?, description = ? WHERE customer = ? AND id = ?");
  const vote = db.prepare("UPDATE ideas SET votes = votes + 1 WHERE customer = ? AND id = ?");
  const told = db.prepare("UPDATE ideas SET issue = ?, problem = NULL WHERE customer = ? AND id = ?");
  const failed = db.prepare("UPDATE ideas SET problem = ? WHERE customer = ? AND id = ?");
  const read = db.prepare("SELECT value FROM settings WHERE name = ?");
  const write = db.prepare("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)");
  return {
    list: (customer: string): readonly Idea[] => all.all(customer).map(ideaFrom),
    find(customer: string, id: string): Idea | undefined {
      const row = one.get(customer, id);
      return row === undefined ? undefined : ideaFrom(row);
    },
    add(customer: string, title: string, description: string, votes = 0): string {
      const id = randomUUID();
      insert.run(id, customer, title, description, votes);
      return id;
    },
    edit: (customer: string, id: string, title: string, description: string) =>
      void edit.run(title, description, customer, id),
    vote: (customer: string, id: string) => void vote.run(customer, id),
    /** What was heard of the issue; says whether that was news. */
    tell(customer: string, id: string, issue: Issue): boolean {
      const text = JSON.stringify(issue);
      const row = one.get(customer, id);
      if (row === undefined || (row.issue === text && row.problem === null)) return false;
      told.run(text, customer, id);
      return true;
    },
    fail: (customer: string, id: string, problem: string) => void failed.run(problem, customer, id),
    setting: (name: string): string | undefined => read.get(name)?.value as string | undefined,
    set: (name: string, value: string) => void write.run(name, value),
  };
}

export type Ideas = ReturnType<typeof openIdeas>;

function ideaFrom(row: Row): Idea {
  return {
    id: String(row.id),
    customer: String(row.customer),
    title: String(row.title),
    description: String(row.description),
    votes: Number(row.votes),
    ...(row.issue !== null && { issue: JSON.parse(String(row.issue)) as Issue }),
    ...(row.problem !== null && { problem: String(row.problem) }),
  };
}

const FIRST: Readonly<Record<string, readonly (readonly [string, string, number])[]>> = {
  northwind: [
    [
      "Order rye bread a day ahead",
      "Regulars ask for it at **seven**, when it is gone.\n\n- choose a shop\n- choose an hour",
      12,
    ],
    ["Show what is still warm", "A small flame beside every loaf that left the oven within the hour.", 7],
    ["Allergens on every label", "Also on the ones we print by hand.", 3],
  ],
  harbour: [
    ["Say why a ferry is late", "Fog, wind, or a lost mooring line: *late* alone helps nobody.", 9],
    ["Bicycles on the early boat", "Until eight o'clock there is room for twelve.", 5],
  ],
};

/** A board that is new shows what it is for. */
export function plant(ideas: Ideas): void {
  for (const [customer, list] of Object.entries(FIRST)) {
    if (ideas.list(customer).length > 0) continue;
    for (const [title, description, votes] of list) ideas.add(customer, title, description, votes);
  }
}
