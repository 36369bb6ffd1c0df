import { type Context, LOCAL, pickConnection } from "./context.ts";

/** Prints a link by which the person of a connection approves it anew, at the gateway that `serve` runs. */
export async function reconnectLink(context: Context, named?: string): Promise<void> {
  const { flags, voice } = context;
  const connection = await pickConnection(context, named);
  const { connectSessions } = await context.parts();
  const scope = String(flags.scope ?? "")
    .split(/[\s,]+/)
    .filter(Boolean);
  const made = await connectSessions.reconnectLink({ owner: LOCAL, connection_id: connection.id, scope });
  const { session, url } = made;
  if (voice.wantsJson) return voice.json({ ...session, url: url.reveal() });
  voice.say(`It works once, until ${new Date(session.expires_at).toISOString()}, for the same Jira account.`);
  voice.data(url.reveal());
}
