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
  const reach = effective.reach.map(({ origin, ca, client_certificate, http_proxy }) => ({
    origin,
    own_ca: ca !== undefined,
    client_certificate: client_certificate !== undefined,
    http_proxy: http_proxy?.url ?? null,
  }));
  if (context.voice.wantsJson) {
    context.voice.json({ file: effective.file ?? null, options: rows, reach });
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
  for (const { origin, own_ca, client_certificate, http_proxy } of reach) {
    const ways = [
      own_ca && "own CA",
      client_certificate && "client certificate",
      http_proxy && `by ${http_proxy}`,
    ];
    context.voice.data(`reach ${origin}: ${ways.filter(Boolean).join(", ") || "as usual"}`);
  }
}

function shown(value: unknown): string {
  if (value === undefined) return "";
  if (value instanceof Secret) return "[secret]";
  if (Array.isArray(value))
    return value.some((part) => part instanceof Secret) ? `[${value.length} secrets]` : value.join(",");
  return String(value);
}
