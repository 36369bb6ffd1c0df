import { createServer, type RequestListener, type Server } from "node:http";
import { compose, gatewayPartsOf, type Parts } from "../compose.ts";
import { type Config, requireSignInForPublicBind } from "../config/index.ts";
import { LatchkeyError } from "../errors.ts";
import {
  answerUnreadable,
  createGateway,
  type Gateway,
  type GatewayParts,
  LISTENING,
} from "../gateway/index.ts";
import type { Context } from "./context.ts";
import type { Io } from "./io.ts";
import { sayQuarantine } from "./vault.ts";

export type Serving = {
  readonly parts: Parts;
  readonly gateway: Gateway;
  readonly address: string;
  close(): Promise<void>;
};

/** `latchkey serve`: the gateway, until it is told to stop. */
export async function serve(context: Context): Promise<void> {
  const config = context.config();
  const serving = await startGateway(config, context.io);
  const admin = await serving.gateway.adminAddress();
  if (context.voice.wantsJson) context.voice.json({ address: serving.address, admin });
  else {
    context.voice.say(`Latchkey listens on ${serving.address}`);
    context.voice.say(`Admin (opens once, within a day): ${admin}`);
    await sayQuarantine(context.voice, serving.parts.vault);
    if (serving.parts.made_key) {
      context.voice.say(
        `A key was made in ${config.home}/key. A key beside the database does not protect a stolen disk: see LATCHKEY_KEY_COMMAND.`,
      );
    }
  }
  await untilStopped();
  await serving.close();
}

/**
 * Listens, opens the vault and builds the gateway. The port comes first: a port that is taken must not leave a
 * vault half open, and with port 0 the public address is not known before.
 */
export async function startGateway(
  asked: Config,
  io: Io,
  more: Partial<GatewayParts> = {},
): Promise<Serving> {
  requireSignInForPublicBind(asked);
  let answer: RequestListener = (_request, response) => response.writeHead(503, { "retry-after": "1" }).end();
  const server = await listenOn((request, response) => answer(request, response), asked);
  let parts: Parts | undefined;
  try {
    const config = withPort(asked, server);
    parts = await compose(config, { write: lineTo(io), now: io.now, random: io.random });
    const gateway = createGateway({ ...gatewayPartsOf(parts), ...more });
    await parts.jobs.start();
    answer = gateway.listener;
    const opened = parts;
    return { parts, gateway, address: config.public_url, close: () => stop(server, opened) };
  } catch (error) {
    server.closeAllConnections();
    void server.close();
    await parts?.close();
    throw error;
  }
}

function lineTo(io: Io): (line: string) => void {
  return (line) => void io.stderr.write(line.endsWith("\n") ? line : `${line}\n`);
}

function withPort(config: Config, server: Server): Config {
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : config.port;
  return {
    ...config,
    port,
    public_url: config.sources.public_url === "default" ? `http://localhost:${port}` : config.public_url,
  };
}

function listenOn(listener: RequestListener, config: Config): Promise<Server> {
  const server = createServer(LISTENING, listener);
  server.on("clientError", answerUnreadable);
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => reject(listenFailure(cause, config)));
    server.listen(config.port, config.host, () => resolve(server));
  });
}

function listenFailure(cause: NodeJS.ErrnoException, config: Config): unknown {
  if (cause.code === "EADDRINUSE") {
    return new LatchkeyError(
      "port_in_use",
      `Port ${config.port} on ${config.host} is in use by another process.`,
      { cause },
    );
  }
  if (cause.code === "EACCES" || cause.code === "EADDRNOTAVAIL") {
    return new LatchkeyError(
      "config_invalid",
      `The gateway cannot listen on ${config.host}:${config.port} (${cause.code}).`,
      { cause },
    );
  }
  return cause;
}

async function stop(server: Server, parts: Parts): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const patience = setTimeout(() => server.closeAllConnections(), 5_000);
  await closed;
  clearTimeout(patience);
  await parts.close();
}

/** Resolves at the first SIGINT or SIGTERM. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}
