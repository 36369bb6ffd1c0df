/** The address of the store, and the password that may stand in it: kept apart, so that printing one is no leak. */
import { remember, Secret } from "../secret.ts";
import type { Parsed } from "./parsed.ts";

const SHOWN = "****";

/** The two parts as the configuration keeps them. */
export type DatabaseAddress = {
  readonly database_url: string;
  readonly database_password: Secret | undefined;
};

/** Whether a text is an address of a database server with a password in it. */
export function holdsPassword(text: string): boolean {
  return split(text).password !== undefined;
}

/** The address with stars in place of the password, and the password. */
export function split(text: string): { readonly shown: string; readonly password: Secret | undefined } {
  if (!/^postgres(ql)?:/.test(text)) return { shown: text, password: undefined };
  // What cannot be read cannot be masked in part; opening it will say what is wrong with it.
  if (!URL.canParse(text)) return { shown: SHOWN, password: new Secret(text) };
  const url = new URL(text);
  if (url.password === "") return { shown: text, password: undefined };
  const password = new Secret(url.password);
  // The log scrubs it in the form the server knows, too.
  remember(decoded(url.password));
  url.password = SHOWN;
  return { shown: url.href, password };
}

/** The whole address, for opening the store and for nothing else. */
export function databaseUrl(config: DatabaseAddress): string {
  const { database_url, database_password } = config;
  if (!database_password) return database_url;
  if (database_url === SHOWN) return database_password.reveal();
  const url = new URL(database_url);
  url.password = database_password.reveal();
  return url.href;
}

/** Refuses what is no address of a store; a mistake within one is found when it is opened. */
export function parseDatabaseUrl(text: string): Parsed {
  if (/^(sqlite:.|postgres(ql)?:\/\/)/.test(text)) return { value: text };
  return { problem: "must begin with sqlite: or postgres://" };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
