/** A PostgreSQL server of one's own, in a process that ends with this one, however this one ends. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const KEEPER = fileURLToPath(new URL("./keeper.ts", import.meta.url));

export type Server = {
  /** Of the database `postgres`, with the password of its superuser. */
  readonly url: string;
  /** File of the certificate it shows to who asks for TLS: self-signed, for 127.0.0.1 and for no name. */
  readonly certificate: string;
  /** Stops the server as an operator does; what is committed stays. */
  stop(): Promise<void>;
  /** Stops it as a power cut does. */
  kill(): Promise<void>;
  /** Starts it again at the same address. */
  start(): Promise<void>;
  /** Stops it and removes its files. */
  close(): Promise<void>;
};

type Answer = {
  readonly url?: string;
  readonly certificate?: string;
  readonly absent?: string;
  readonly failed?: string;
};

/** Starts a server, or says why there is none for this platform. */
export async function startServer(): Promise<Server | { readonly absent: string }> {
  const keeper = spawn(process.execPath, [KEEPER], { detached: true, stdio: ["pipe", "pipe", "inherit"] });
  const gone = new Promise<void>((resolve) => {
    keeper.once("exit", () => resolve());
  });
  keeper.stdin.on("error", () => {});
  const lines = createInterface({ input: keeper.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Answer> => {
    const { value, done } = await lines.next();
    const answer = done ? { failed: "The process that keeps PostgreSQL has ended." } : JSON.parse(value);
    if (answer.failed !== undefined) throw new Error(answer.failed);
    return answer;
  };
  const ask = async (command: string): Promise<void> => {
    keeper.stdin.write(`${command}\n`);
    await next();
  };
  const first = await next();
  if (first.url === undefined) {
    await gone;
    return { absent: first.absent ?? "" };
  }
  return {
    url: first.url,
    certificate: first.certificate ?? "",
    stop: () => ask("stop"),
    kill: () => ask("kill"),
    start: () => ask("start"),
    close: async () => {
      keeper.stdin.end();
      await gone;
    },
  };
}
