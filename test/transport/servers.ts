import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { createLog, type Log } from "../../src/log.ts";

type SelfSigned = Parameters<typeof X509CertificateGenerator.createSelfSigned>[0];

export type Running = { readonly port: number; readonly url: string; stop(): Promise<void> };

async function running(
  server: Server | ReturnType<typeof createTcpServer>,
  scheme: string,
): Promise<Running> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${scheme}://127.0.0.1:${port}`,
    stop: () =>
      new Promise((settle) => {
        server.close(() => settle());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A real HTTP server on a free loopback port. */
export function serve(listener: RequestListener): Promise<Running> {
  return running(createServer(listener), "http");
}

/** A server that speaks whatever the handler does with the socket. */
export function serveTcp(handler: (socket: Socket) => void): Promise<Running> {
  return running(createTcpServer(handler), "http");
}

/** An HTTPS server with a certificate of its own for `localhost` and 127.0.0.1. */
export async function serveTls(listener: RequestListener): Promise<Running & { readonly ca: string }> {
  cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: "CN=localhost",
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
    signingAlgorithm: algorithm,
    keys: keys as unknown as SelfSigned["keys"],
    extensions: [
      new BasicConstraintsExtension(true),
      new SubjectAlternativeNameExtension([
        { type: "dns", value: "localhost" },
        { type: "ip", value: "127.0.0.1" },
      ]),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  const key = `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`;
  const ca = certificate.toString("pem");
  const server = createTlsServer({ key, cert: ca }, listener);
  server.on("tlsClientError", () => {});
  return { ...(await running(server as unknown as Server, "https")), ca };
}

/** A log that keeps its lines. */
export function keptLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  return { log: createLog({ write: (line) => void lines.push(line), level: "debug" }), lines };
}
