/** Where a page is tried out: a scratch home, a sandbox in place of the Jiras it names, and a person who approves. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { root } from "./blocks.ts";
import { approve, consumerShown } from "./person.ts";

export type Ran = { readonly code: number; readonly output: string };

export type Stage = {
  /** The text of a page with what stands in for the addresses it names. */
  real(text: string): string;
  /** Runs shell text to its end; what it exports stays for the next one. */
  run(text: string): Promise<Ran>;
  /** Starts shell text that goes on, and resolves when it has said `ready`. */
  start(text: string, ready: RegExp): Promise<Ran>;
  /** Runs a program of the page. */
  program(text: string): Promise<Ran>;
  close(): Promise<void>;
};

const compiled = mkdtempSync(join(tmpdir(), "latchkey-docs-compiled-"));
process.on("exit", () => rmSync(compiled, { recursive: true, force: true }));

type Ports = { readonly gateway: number; readonly terminal: number; readonly sandbox: number };

/**
 * What stands in for what a page names, in this order, in every block that is executed or compared.
 */
function substitutions(ports: Ports): readonly (readonly [shown: string, real: string])[] {
  const cloud = `http://localhost:${ports.sandbox}`;
  const elsewhere = `--auth-url ${cloud} --api-url ${cloud} --cloud-sites '${cloud}/sites/{name}'`;
  return [
    ["https://acme.atlassian.net", `${cloud}/sites/acme`],
    ["acme.atlassian.net", `${cloud}/sites/acme`],
    ["https://jira.example.com/jira", `http://localhost:${ports.sandbox + 1}/jira`],
    ["http://localhost:8080", `http://localhost:${ports.gateway}`],
    ["http://localhost:8085", `http://localhost:${ports.terminal}`],
    ["http://localhost:8090", cloud],
    ["http://localhost:8091", `http://localhost:${ports.sandbox + 1}`],
    ["latchkey registrations add cloud ", `latchkey registrations add cloud ${elsewhere} `],
    ["latchkey sandbox ", `latchkey sandbox --port ${ports.sandbox} `],
    ["npm start", `latchkey demo --port ${ports.gateway} --sandbox-port ${ports.sandbox}`],
    ["latchkey registrations add robot ", `latchkey registrations add robot ${elsewhere} `],
    ["YOUR_SERVICE_CLIENT_ID", "sandbox-service-account"],
    ["YOUR_CLIENT_ID", "sandbox-cloud-app"],
    ["YOUR_LINK_CLIENT_ID", "sandbox-dc-app"],
  ];
}

/** @param ownSandbox the page starts a sandbox itself */
export async function openStage(ownSandbox: boolean): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-docs-"));
  const [sandbox] = await freePorts(2);
  const [gateway] = await freePorts(1);
  const [terminal] = await freePorts(1);
  const ports = { gateway: gateway!, terminal: terminal!, sandbox: sandbox! };
  const table = substitutions(ports);
  const callbacks = [
    `http://localhost:${terminal}/callback`,
    `http://localhost:${gateway}/callback/cloud`,
    `http://localhost:${gateway}/callback/datacenter`,
  ];
  const jira = ownSandbox ? undefined : await startSandbox({ port: ports.sandbox, redirectUris: callbacks });
  furnish(folder);
  const environment = environmentOf(folder, ports, ownSandbox);
  const going: ChildProcess[] = [];
  const learned = new Map<string, string>();

  const real = (text: string) => {
    let out = text;
    for (const [shown, stands] of [...table, ...learned]) out = out.replaceAll(shown, stands);
    return out;
  };
  const shell = (text: string) => spawn("sh", ["-c", text], { cwd: folder, env: environment });
  const attended = (child: ChildProcess) => attend(child, (code) => learned.set("VERIFICATION_CODE", code));

  return {
    real,
    async run(text) {
      const kept = "export -p > .exported";
      const ran = await attended(
        shell(`[ ! -f .exported ] || . ./.exported\nset -eu\n${real(text)}\nset +u\n${kept}`),
      );
      paste(jira, ran.output);
      return ran;
    },
    async start(text, ready) {
      const child = shell(`[ ! -f .exported ] || . ./.exported\nexec ${real(text)}`);
      going.push(child);
      return { code: 0, output: await heard(child, ready) };
    },
    async program(text) {
      writeFileSync(join(folder, "program.ts"), real(text));
      const preload = JSON.stringify(join(root, "test/docs/from-source.ts"));
      const node = JSON.stringify(process.execPath);
      const ran = await attended(
        shell(`[ ! -f .exported ] || . ./.exported\nexec ${node} --import ${preload} program.ts`),
      );
      return ran;
    },
    async close() {
      await Promise.all(going.map(stop));
      await jira?.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** The commands the pages call, and the secrets they say somebody has put into files. */
function furnish(folder: string): void {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const node = JSON.stringify(process.execPath);
  const command = (name: string, text: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  command("latchkey", `exec ${node} ${JSON.stringify(join(root, "src/bin.ts"))} "$@"`);
  command("node", `exec ${node} "$@"`);
  command("npx", 'exec "$@"');
  // Nobody's real browser opens: the person of the test reads the address and approves.
  command("xdg-open", "exit 0");
  command("open", "exit 0");
  const path = (process.env.PATH ?? "").split(delimiter);
  if (!path.some((one) => existsSync(join(one, "curl")))) {
    command("curl", `exec ${node} ${JSON.stringify(join(root, "test/docs/curl.ts"))} "$@"`);
  }
  writeFileSync(join(folder, "cloud-secret.txt"), "sandbox-cloud-secret\n");
  writeFileSync(join(folder, "jira-secret.txt"), "sandbox-dc-secret\n");
  writeFileSync(join(folder, "robot-secret.txt"), "sandbox-service-secret\n");
  writeFileSync(join(folder, "jira-token.txt"), "sandbox-pat-alana\n");
  writeFileSync(join(folder, "cloud-token.txt"), "sandbox-api-token-alana\n");
}

function environmentOf(folder: string, ports: Ports, demo: boolean): NodeJS.ProcessEnv {
  return {
    PATH: [join(folder, "bin"), process.env.PATH].join(delimiter),
    HOME: folder,
    LATCHKEY_PORT: String(ports.gateway),
    NODE_NO_WARNINGS: "1",
    // Some eighty commands start: compiling the sources once for all of them saves most of the time.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? compiled,
    NO_COLOR: "1",
    ...(demo ? {} : { LATCHKEY_HOME: join(folder, "state") }),
  };
}

/** Lets a command run to its end; where it asks for an approval, the person gives it. */
function attend(child: ChildProcess, learn: (code: string) => void): Promise<Ran> {
  return new Promise((resolve, reject) => {
    let output = "";
    let asked = false;
    let busy: Promise<void> = Promise.resolve();
    const hear = (chunk: Buffer) => {
      output += chunk.toString();
      const request = /(approve:|yourself:|go to)\s+(http\S+)(\s)/.exec(output);
      if (asked || !request) return;
      asked = true;
      const pasting = request[1] === "approve:";
      const stop = (url: URL) => pasting && url.pathname.startsWith("/callback");
      busy = approve(request[2]!, stop).then((brought) => {
        if (brought.code) learn(brought.code);
        if (pasting) child.stdin?.write(`${brought.code ?? brought.url}\n`);
      });
      busy.catch((error) => {
        reject(error);
        child.kill();
      });
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.stdin?.on("error", () => {});
    child.on("close", (code) => {
      busy.then(() => resolve({ code: code ?? -1, output }), reject);
    });
  });
}

function paste(jira: RunningSandbox | undefined, output: string): void {
  const consumer = consumerShown(output);
  if (jira && consumer) jira.control.register({ consumers: [consumer] });
}

function heard(child: ChildProcess, ready: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    const hear = (chunk: Buffer) => {
      output += chunk.toString();
      // A little later, since both streams come on their own.
      if (ready.test(output)) setTimeout(() => resolve(output), 100);
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.on("close", (code) => reject(new Error(`It ended with ${code} before it was ready:\n${output}`)));
  });
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.removeAllListeners("close");
    child.on("close", () => resolve());
    child.kill("SIGTERM");
  });
}

/** Ports that follow each other and are free now. */
async function freePorts(count: number): Promise<readonly number[]> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const first = 20_000 + Math.floor(Math.random() * 12_000);
    const ports = Array.from({ length: count }, (_, index) => first + index);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return ports;
  }
  throw new Error("No free ports were found.");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
