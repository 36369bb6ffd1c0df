import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export type Exchange = {
  readonly refresh_token: string;
  readonly client_secret: string;
  readonly redirect_uri?: string;
};

/** What the endpoint does with the next exchange, instead of answering it. */
export type Fault =
  | { readonly status: number; readonly body: unknown; readonly headers?: Record<string, string> }
  /** Rotates, then cuts the connection. */
  | "lose_answer"
  /** Cuts the connection before it looks at the token. */
  | "cut"
  /** Rotates, and answers half of it. */
  | "half";

export type TokenEndpoint = {
  readonly url: string;
  readonly exchanges: Exchange[];
  /** The pair that works now. */
  readonly current: () => { access_token: string; refresh_token: string };
  readonly faults: Fault[];
  delay_ms: number;
  expires_in: number;
  client_secret: string;
  /** An old refresh token is accepted again, as Cloud does within its reuse window. */
  lenient: boolean;
  /** Leaves the refresh token out of its answers and goes on accepting it. */
  rotates: boolean;
  /** The person has revoked the grant. */
  revoked: boolean;
  close(): Promise<void>;
};

/** A token endpoint over real HTTP that rotates refresh tokens as Atlassian's does, and keeps count. */
export async function startTokenEndpoint(canary: string): Promise<TokenEndpoint> {
  let issued = 1;
  const pair = (n: number) => ({
    access_token: `access-${n}-${canary}`,
    refresh_token: `refresh-${n}-${canary}`,
  });
  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy());
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fields = await fieldsOf(request);
    const { refresh_token = "", client_secret = "", redirect_uri } = fields;
    endpoint.exchanges.push({ refresh_token, client_secret, ...(redirect_uri && { redirect_uri }) });
    const fault = endpoint.faults.shift();
    await sleep(endpoint.delay_ms);
    if (fault === "cut") return void response.destroy();
    if (typeof fault === "object") return send(response, fault.status, fault.body, fault.headers);
    if (client_secret !== endpoint.client_secret) {
      return send(response, 401, { error: "invalid_client", error_description: "Unauthorized" });
    }
    const known = endpoint.rotates
      ? refresh_token === pair(issued).refresh_token || (endpoint.lenient && refresh_token.endsWith(canary))
      : refresh_token.endsWith(canary);
    if (endpoint.revoked || !known) {
      return send(response, 403, {
        error: "unauthorized_client",
        error_description: "refresh_token is invalid",
      });
    }
    issued++;
    const answer = {
      ...pair(issued),
      expires_in: endpoint.expires_in,
      token_type: "Bearer",
      scope: "read:a",
    };
    if (fault === "lose_answer") return void response.destroy();
    if (fault === "half") {
      const text = JSON.stringify(answer);
      response.writeHead(200, { "content-type": "application/json", "content-length": text.length });
      response.write(text.slice(0, 40), () => response.destroy());
      return;
    }
    const { refresh_token: _left_out, ...without } = answer;
    send(response, 200, endpoint.rotates ? answer : without);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint: TokenEndpoint = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exchanges: [],
    current: () => pair(issued),
    faults: [],
    delay_ms: 0,
    expires_in: 3600,
    client_secret: "",
    lenient: false,
    rotates: true,
    revoked: false,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return endpoint;
}

async function fieldsOf(request: IncomingMessage): Promise<Record<string, string>> {
  let text = "";
  for await (const chunk of request) text += chunk;
  if (request.headers["content-type"]?.startsWith("application/json")) return JSON.parse(text);
  return Object.fromEntries(new URLSearchParams(text));
}

function send(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}
