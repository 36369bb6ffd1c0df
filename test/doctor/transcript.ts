/** What a person would paste: a request and its answer as `curl -v` shows them. */
import { request as httpRequest } from "node:http";

export type Sent = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

export function transcript(url: string, sent: Sent = {}): Promise<string> {
  const { method = "GET", headers = {}, body } = sent;
  const target = new URL(url);
  return new Promise((resolve, reject) => {
    const request = httpRequest(target, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const pairs = Object.entries({ host: target.host, ...headers });
        const lines = [
          `> ${method} ${target.pathname}${target.search} HTTP/1.1`,
          ...pairs.map(([name, value]) => `> ${name}: ${value}`),
          ">",
          `< HTTP/1.1 ${response.statusCode} ${response.statusMessage}`,
          ...Object.entries(response.headers).map(([name, value]) => `< ${name}: ${String(value)}`),
          "<",
          Buffer.concat(chunks).toString("utf8"),
        ];
        resolve(lines.join("\n"));
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}
