import { generateKeyPairSync } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach } from "vitest";
import { isLatchkeyError, type LatchkeyError } from "../../src/errors.ts";
import { type CredentialSource, createJira, type Jira, type JiraParts } from "../../src/jira/index.ts";
import type { Credential } from "../../src/protocol/credential.ts";
import type { Flavor } from "../../src/protocol/flavors.ts";
import { parsePrivateKey, type SigningKey } from "../../src/protocol/oauth1/index.ts";
import { Secret } from "../../src/secret.ts";
import { createTransport, type Transport } from "../../src/transport.ts";
import { keptLog, serve } from "../transport/servers.ts";

export type Seen = {
  readonly method: string;
  readonly url: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
};

/** What the stand-in answers: `[status, body, headers]`; a string is sent as it is, anything else as JSON. */
export type Reply = readonly [number, unknown?, Readonly<Record<string, string>>?] | "cut";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function read(request: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const url = new URL(request.url!, "http://x");
  return {
    method: request.method!,
    url: request.url!,
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body: Buffer.concat(chunks).toString(),
  };
}

function answer(response: ServerResponse, reply: Reply): void {
  if (reply === "cut") {
    response.socket?.destroy();
    return;
  }
  const [status, body, headers = {}] = reply;
  const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? {} : { "content-type": "application/json;charset=UTF-8" };
  response.writeHead(status, { ...type, ...headers }).end(text);
}

export type Fake = {
  readonly url: string;
  readonly seen: Seen[];
  readonly transport: Transport;
  jira(
    options?: Partial<JiraParts> & { flavor?: Flavor; base_path?: string; source?: CredentialSource },
  ): Jira;
};

/** A stand-in for Jira that answers what the test says and remembers what it was asked. */
export async function fakeJira(reply: (seen: Seen, count: number) => Reply): Promise<Fake> {
  const seen: Seen[] = [];
  const server = await serve((request, response) => {
    read(request).then(
      (one) => {
        seen.push(one);
        answer(response, reply(one, seen.length));
      },
      () => {},
    );
  });
  cleanups.push(() => server.stop());
  const transport = createTransport({
    allowances: () => [{ origin: server.url, base_path: "/" }],
    log: keptLog().log,
  });
  cleanups.push(() => transport.close());
  return {
    url: server.url,
    seen,
    transport,
    jira({ flavor = "cloud", base_path = "/ex/jira/c1", source, ...rest } = {}) {
      return createJira({
        flavor,
        api_base_url: server.url + base_path,
        site_url: "https://acme.atlassian.net",
        credentials: source ?? credentials().source,
        transport,
        now: Date.now,
        random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
        ...rest,
      });
    },
  };
}

export const bearer = (name: string): Credential => ({
  kind: "bearer",
  token: new Secret(`access-token-${name}`),
  token_id: `id-${name}`,
});

/** A credential source that hands out `1`, and `2` after `1` was rejected, and so on; it counts. */
export function credentials(most = 2): { source: CredentialSource; rejected: string[] } {
  const rejected: string[] = [];
  let current = 1;
  return {
    rejected,
    source: {
      current: async () => bearer(String(current)),
      async rejected(token_id) {
        rejected.push(token_id);
        if (token_id === `id-${current}` && current < most) current++;
        return bearer(String(current));
      },
    },
  };
}

let key: SigningKey | undefined;

/** A signing key for the run, made once. */
export function signingKey(): SigningKey {
  key ??= parsePrivateKey(
    generateKeyPairSync("rsa", { modulusLength: 2048 })
      .privateKey.export({ type: "pkcs8", format: "pem" })
      .toString(),
  );
  return key;
}

export async function failure(promise: Promise<unknown>): Promise<LatchkeyError> {
  const thrown = await promise.then(
    (value) => new Error(`expected a failure, got ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (!isLatchkeyError(thrown)) throw thrown;
  return thrown;
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const item of items) out.push(item);
  return out;
}
