import type { Context } from "./context.ts";

/**
 * `policy keys`: the ids of the keys that tokens of people are made with, the newest first; a token carries the id of
 * its own. With `--renew` there is a new one: tokens made from now on differ from all before, which are still understood.
 */
export async function keys(context: Context): Promise<void> {
  const { flags, voice } = context;
  const { policies } = await context.parts();
  const found = flags.renew === true ? await policies.renewKeys() : await policies.keys();
  const rows = found.map(({ id }, at) => ({ id, in_use: at === 0 }));
  if (voice.wantsJson) voice.json(rows);
  else
    for (const { id, in_use } of rows)
      voice.data(in_use ? `${id}\tmakes tokens` : `${id}\treads earlier ones`);
  if (flags.renew === true) {
    voice.say(
      "Tokens of the same person now differ from those made before: tables joined by them fall apart at this moment.",
    );
  }
}
