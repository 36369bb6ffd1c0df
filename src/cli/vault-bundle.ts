import { LatchkeyError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import { checkBundle, type TableTotal } from "../vault/index.ts";
import { bundleAt, writeWhole } from "./bundle-file.ts";
import type { Context } from "./context.ts";
import { table } from "./io.ts";
import { progressOf } from "./progress.ts";
import { secretFrom } from "./secret-input.ts";

const SHORTEST = 12;

/** `latchkey vault export --to FILE` */
export async function exportVault(context: Context): Promise<void> {
  const file = String(context.flags.to);
  const secret = await passphrase(context, "Passphrase of the bundle");
  if (secret.reveal().length < SHORTEST) {
    throw new LatchkeyError("bad_request", `The passphrase has fewer than ${SHORTEST} characters.`, {
      fix: "Take a longer one, or a key of `latchkey keys vault`.",
    });
  }
  if (context.flags.passphraseFile === undefined) {
    const again = await passphrase(context, "The same once more");
    if (again.reveal() !== secret.reveal()) throw new LatchkeyError("usage", "The two do not agree.");
  }
  const { vault } = await context.parts();
  const progress = progressOf(context.io, context.voice);
  const totals = await writeWhole(file, (write) =>
    vault.upkeep.exportTo(write, secret, ({ table: name, rows }) => progress.show(`${name}: ${rows} rows`)),
  ).finally(() => progress.end());
  show(context, file, totals);
  context.voice.say(
    `Written to ${file}. Where it is imported, nothing is renewed before this vault is stopped for good.`,
  );
}

/** `latchkey vault import --from FILE` */
export async function importVault(context: Context): Promise<void> {
  const file = String(context.flags.from);
  const bundle = bundleAt(file);
  const secret = await passphrase(context, "Passphrase of the bundle");
  // Before the vault is opened, which would make a database and a key where there is none.
  await checkBundle(bundle, secret);
  const { vault } = await context.parts();
  const progress = progressOf(context.io, context.voice);
  const totals = await vault.upkeep
    .importFrom(bundle, secret, ({ table: name, rows }) => progress.show(`${name}: ${rows} rows`))
    .finally(() => progress.end());
  show(context, file, totals);
  context.voice.say(
    "Every table was counted and compared. No token is renewed here before you have stopped the original for good and said: latchkey vault confirm --original-stopped",
  );
}

function passphrase(context: Context, asked: string): Promise<Secret> {
  return secretFrom(context, context.flags.passphraseFile, asked, "--passphrase-file");
}

function show(context: Context, file: string, totals: readonly TableTotal[]): void {
  if (context.voice.wantsJson) {
    context.voice.json({ file, tables: totals });
    return;
  }
  const rows = totals.map((total) => [total.table, String(total.count), total.digest]);
  context.voice.data(table([["table", "rows", "digest"], ...rows], context.io.stdout));
}
