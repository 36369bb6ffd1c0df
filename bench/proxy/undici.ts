/**
 * The least a forwarder in this Node can do: undici's dispatch, headers as they come, a constant header or an
 * OAuth 1.0a signature of its own, the answer streamed back with its back-pressure. No check of anything.
 */
import { createPrivateKey, createSign, randomBytes } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import { Agent, type Dispatcher } from "undici";
import { listening, orders } from "./listening.ts";
import { CONSUMER, PRIVATE_KEY, TOKEN } from "./oauth1.ts";

const { upstream, authorization, signs } = orders();
const agent = new Agent({ connections: 128 });
const key = createPrivateKey(PRIVATE_KEY);
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** RSA-SHA1 over a request without a query. @see RFC 5849 section 3.4 */
function signed(method: string, url: string): string {
  const parameters = [
    ["oauth_consumer_key", CONSUMER],
    ["oauth_nonce", randomBytes(16).toString("hex")],
    ["oauth_signature_method", "RSA-SHA1"],
    ["oauth_timestamp", String(Math.floor(Date.now() / 1000))],
    ["oauth_token", TOKEN],
    ["oauth_version", "1.0"],
  ] as const;
  const joined = parameters.map(([name, value]) => `${name}=${encode(value)}`).join("&");
  const base = `${method}&${encode(url)}&${encode(joined)}`;
  const signature = createSign("RSA-SHA1").update(base).sign(key, "base64");
  const all = [...parameters, ["oauth_signature", signature] as const];
  return `OAuth ${all.map(([name, value]) => `${name}="${encode(value)}"`).join(", ")}`;
}

function handlerFor(response: ServerResponse): Dispatcher.DispatchHandler {
  return {
    onRequestStart(controller) {
      response.once("close", () => {
        if (!response.writableFinished) controller.abort(new Error("caller left"));
      });
      response.on("drain", () => controller.resume());
    },
    onResponseStart(_controller, status, headers) {
      response.writeHead(status, headers as Record<string, string | string[]>);
    },
    onResponseData(controller, chunk) {
      if (!response.write(chunk)) controller.pause();
    },
    onResponseEnd() {
      response.end();
    },
    onResponseError() {
      response.destroy();
    },
  };
}

const server = createServer((request, response) => {
  const path = request.url ?? "/";
  const method = request.method ?? "GET";
  const { host: _host, connection: _connection, ...headers } = request.headers;
  headers.authorization = signs ? signed(method, upstream + path) : authorization;
  agent.dispatch(
    { origin: upstream, path, method: method as Dispatcher.HttpMethod, headers, body: null },
    handlerFor(response),
  );
});
await listening(server);
