import { LatchkeyError } from "../errors.ts";
import type { Quarantine, Vault } from "../vault/index.ts";
import type { Context } from "./context.ts";
import { table, type Voice } from "./io.ts";
import { progressOf } from "./progress.ts";

/** Why nothing is renewed, in words. */
const REASONS: Readonly<Record<Quarantine["reason"], string>> = {
  copied: "this database is a copy of another one",
  restored: "this database is older than what was renewed in it: it was restored",
  imported: "it was imported from a bundle",
  operator: "an operator has asked for it",
};

/** A line on stderr wherever connections are shown, while nothing is renewed. */
export async function sayQuarantine(voice: Voice, vault: Pick<Vault, "quarantine">): Promise<void> {
  const found = await vault.quarantine();
  if (!found) return;
  voice.say(
    voice.color.yellow(
      `No token is renewed here: ${REASONS[found.reason]}. Once the original is stopped for good: latchkey vault confirm --original-stopped`,
    ),
  );
}

/** `latchkey vault status` */
export async function status(context: Context): Promise<void> {
  const { vault, store, config } = await context.parts();
  const quarantine = await vault.quarantine();
  const keys = await vault.upkeep.keys();
  const renews = quarantine === undefined;
  if (context.voice.wantsJson) {
    context.voice.json({ database: store.dialect, renews, quarantine: quarantine ?? null, keys });
    return;
  }
  const { data, say } = context.voice;
  say(`Database: ${store.dialect === "sqlite" ? config.database_url : "PostgreSQL"}`);
  if (renews) say("Tokens are renewed here.");
  else await sayQuarantine(context.voice, vault);
  say(`Current key: ${keys.current}`);
  const older = keys.needed.filter((id) => id !== keys.current);
  if (older.length > 0) {
    say(`Also needed: ${older.join(", ")} (latchkey vault rekey makes it dispensable)`);
  }
  const rows = keys.columns.flatMap(({ table: name, column, keys: used }) =>
    used.map((key) => [name, column, key.key_id, String(key.rows), key.current ? "current" : "older"]),
  );
  data(table([["table", "column", "key", "rows", "which"], ...rows], context.io.stdout));
}

/** `latchkey vault rekey` */
export async function rekey(context: Context): Promise<void> {
  const { vault } = await context.parts();
  const progress = progressOf(context.io, context.voice);
  const done = await vault.upkeep
    .rekey(({ table: name, done: rows, total }) => progress.show(`${name}: ${rows} of ${total} rows`))
    .finally(() => progress.end());
  if (context.voice.wantsJson) {
    context.voice.json(done);
    return;
  }
  const rows = Object.entries(done.resealed);
  for (const [name, count] of rows) context.voice.data(`${name}\t${count}`);
  context.voice.say(
    rows.length === 0
      ? `Everything is sealed with ${done.key_id} already.`
      : `Everything is sealed with ${done.key_id}.`,
  );
  if (done.retired.length > 0) {
    context.voice.say(`No longer needed: ${done.retired.join(", ")}. Take it out of LATCHKEY_OLD_KEYS.`);
  }
}

/** `latchkey vault confirm --original-stopped` */
export async function confirm(context: Context): Promise<void> {
  if (context.flags.originalStopped !== true) {
    throw new LatchkeyError("confirmation_required", "Two vaults that renew the same tokens lose them.", {
      fix: "Stop the original and every other copy for good, then say --original-stopped.",
    });
  }
  const { vault } = await context.parts();
  const was = await vault.quarantine();
  await vault.upkeep.confirm();
  if (context.voice.wantsJson) context.voice.json({ renews: true, was: was ?? null });
  else context.voice.say(was ? "Tokens are renewed here from now on." : "Tokens were renewed here already.");
}

/** `latchkey vault quarantine` */
export async function quarantine(context: Context): Promise<void> {
  const { vault } = await context.parts();
  await vault.upkeep.quarantine();
  if (context.voice.wantsJson) context.voice.json({ renews: false, quarantine: await vault.quarantine() });
  else await sayQuarantine(context.voice, vault);
}
