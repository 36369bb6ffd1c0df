import { environmentName, OPTIONS } from "../config/index.ts";
import { Secret } from "../secret.ts";
import type { Context } from "./context.ts";
import { table } from "./io.ts";

/** Prints every option, its effective value (secrets masked) and where it came from. */
export async function config(context: Context): Promise<void> {
  const effective = context.config();
  const rows = OPTIONS.map((row) => {
    const value = row.name === "old_keys" ? effective.old_keys : effective[row.name];
    return {
      name: row.name,
      value: shown(value),
      source: effective.sources[row.name],
      env: environmentName(row.name),
    };
  });
  if (context.voice.wantsJson) {
    context.voice.json({ file: effective.file ?? null, options: rows });
    return;
  }
  context.voice.say(
    effective.file ? `File: ${effective.file}` : `No file: ${effective.home}/config.toml is not there.`,
  );
  context.voice.data(
    table(
      rows.map((row) => [row.name, row.value, row.source, row.env]),
      context.io.stdout,
    ),
  );
}

function shown(value: unknown): string {
  if (value === undefined) return "";
  if (value instanceof Secret) return "[secret]";
  if (Array.isArray(value))
    return value.some((part) => part instanceof Secret) ? `[${value.length} secrets]` : value.join(",");
  return String(value);
}
