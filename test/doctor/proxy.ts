/** A reverse proxy before the Data Center, set up well or badly. */
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import type { Surgery } from "./surgery.ts";

export type ProxySetting = {
  /** Whether Jira sees the Host that people use; default true. */
  readonly passes_host?: boolean;
  /** Path and query on their way to Jira. */
  readonly rewrite?: (target: string) => string;
  /** Takes Jira's base string out of its answers. */
  readonly hides_base_string?: boolean;
};

const TOLD = /,?\s*oauth_signature_base_string="[^"]*"|&?oauth_signature_base_string=[^&]*/g;

/** Runs something with a proxy in front of the sandbox; it is handed the base URL that people would use. */
export async function behindProxy<T>(
  surgery: Surgery,
  setting: ProxySetting,
  use: (base_url: string) => Promise<T>,
): Promise<T> {
  const jira = new URL(surgery.hall.sandbox.dataCenterUrl);
  const { rewrite = (target) => target, hides_base_string } = setting;
  // Read at each request: a setting may be mended while the proxy runs.
  const passesHost = () => setting.passes_host ?? true;
  const server = createServer((incoming, outgoing) => {
    const path = rewrite(incoming.url ?? "/");
    const headers = { ...incoming.headers, host: passesHost() ? incoming.headers.host! : jira.host };
    const onward = httpRequest(
      { host: "127.0.0.1", port: jira.port, path, method: incoming.method, headers },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => {
          const { "content-length": _length, "transfer-encoding": _encoding, ...kept } = answer.headers;
          const whole = Buffer.concat(chunks);
          const challenge = kept["www-authenticate"];
          if (hides_base_string && challenge) kept["www-authenticate"] = challenge.replace(TOLD, "");
          outgoing.writeHead(answer.statusCode ?? 502, kept);
          outgoing.end(hides_base_string ? whole.toString("utf8").replace(TOLD, "") : whole);
        });
      },
    );
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base_url = `http://localhost:${(server.address() as AddressInfo).port}${jira.pathname}`;
  surgery.hall.allow(base_url);
  try {
    return await use(base_url);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
