// The customers of this product and who is signed in. A real product has accounts; here a button is enough.
import { randomBytes } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";

export type Customer = { readonly id: string; readonly name: string; readonly person: string };

export const CUSTOMERS: readonly Customer[] = [
  { id: "northwind", name: "Northwind Bakery", person: "Nora" },
  { id: "harbour", name: "Harbour Transit", person: "Hugo" },
];

const COOKIE = "board";

/** Sessions that survive a restart, kept beside the ideas. */
export function openSessions(db: DatabaseSync) {
  db.exec("CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, customer TEXT NOT NULL) STRICT");
  const insert = db.prepare("INSERT INTO sessions (id, customer) VALUES (?, ?)");
  const select = db.prepare("SELECT customer FROM sessions WHERE id = ?");
  const remove = db.prepare("DELETE FROM sessions WHERE id = ?");
  const idIn = (cookies: string) => /(?:^|; )board=([\w-]{43})(?:;|$)/.exec(cookies)?.[1];
  return {
    /** Whose request this is, by its cookie. Latchkey asks the same question: the customer is the owner there. */
    customerIn(cookies = ""): Customer | undefined {
      const id = idIn(cookies);
      const row = id === undefined ? undefined : select.get(id);
      return CUSTOMERS.find((one) => one.id === row?.customer);
    },
    /** A new session; the value of its cookie. */
    begin(customer: Customer): readonly [name: string, value: string] {
      const id = randomBytes(32).toString("base64url");
      insert.run(id, customer.id);
      return [COOKIE, id];
    },
    end(cookies = ""): void {
      const id = idIn(cookies);
      if (id !== undefined) remove.run(id);
    },
    cookie: COOKIE,
  };
}
