/** What stands around a Jira in a private network: an authority of its own, a server that asks who connects, a proxy. */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import type { RequestListener } from "node:http";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Server, type Socket } from "node:net";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

type SelfSigned = Parameters<typeof X509CertificateGenerator.createSelfSigned>[0];
type Keys = SelfSigned["keys"];
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

export type Authority = {
  readonly ca: string;
  /** A certificate and its key for a name. */
  issue(name: string): Promise<{ readonly cert: string; readonly key: string }>;
};

const times = () => ({
  notBefore: new Date(Date.now() - 60_000),
  notAfter: new Date(Date.now() + 3_600_000),
});

async function newKeys(): Promise<Keys> {
  return (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as unknown as Keys;
}

export async function newAuthority(name: string): Promise<Authority> {
  cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);
  const keys = await newKeys();
  const root = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    ...times(),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new BasicConstraintsExtension(true)],
  });
  let serial = 2;
  return {
    ca: root.toString("pem"),
    async issue(subject) {
      const own = await newKeys();
      const certificate = await X509CertificateGenerator.create({
        subject: `CN=${subject}`,
        issuer: root.subject,
        serialNumber: String(serial++).padStart(2, "0"),
        ...times(),
        signingAlgorithm: algorithm,
        signingKey: keys.privateKey,
        publicKey: own.publicKey,
        extensions: [new SubjectAlternativeNameExtension([{ type: "dns", value: subject }])],
      });
      const exported = await webcrypto.subtle.exportKey(
        "pkcs8",
        own.privateKey as unknown as webcrypto.CryptoKey,
      );
      const der = Buffer.from(exported).toString("base64");
      const key = `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`;
      return { cert: certificate.toString("pem"), key };
    },
  };
}

export type Listening = { readonly port: number; stop(): Promise<void> };

async function listening(server: Server): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
  });
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((settle) => {
        server.close(() => settle());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** An https server for a name; with `clients`, nobody gets in without a certificate of that authority. */
export async function serveCertified(
  authority: Authority,
  name: string,
  listener: RequestListener,
  clients?: Authority,
): Promise<Listening> {
  const { cert, key } = await authority.issue(name);
  const asks = clients ? { requestCert: true, rejectUnauthorized: true, ca: clients.ca } : {};
  const server = createTlsServer({ cert, key, ...asks }, listener);
  server.on("tlsClientError", () => {});
  return await listening(server as unknown as Server);
}

export type ProxyServer = Listening & {
  readonly url: string;
  /** `host:port` of every CONNECT, and whether it was let through. */
  readonly asked: {
    readonly target: string;
    readonly authorization: string | undefined;
    readonly status: number;
  }[];
};

/** A CONNECT proxy: it knows names that nobody else resolves, and may ask for a password. */
export async function serveProxy(
  names: Readonly<Record<string, number>>,
  password?: string,
): Promise<ProxyServer> {
  const asked: ProxyServer["asked"] = [];
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on("connect", (request, socket: Socket) => {
    const target = request.url ?? "";
    const authorization = request.headers["proxy-authorization"];
    const [host = ""] = target.split(":");
    const port = names[host];
    const status =
      password !== undefined && authorization !== password ? 407 : port === undefined ? 403 : 200;
    asked.push({ target, authorization, status });
    socket.on("error", () => {});
    if (status !== 200 || port === undefined) {
      socket.end(
        `HTTP/1.1 ${status} No\r\nProxy-Authenticate: Basic realm="proxy"\r\nContent-Length: 0\r\n\r\n`,
      );
      return;
    }
    const through = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      through.pipe(socket).pipe(through);
    });
    through.on("error", () => socket.destroy());
    socket.on("close", () => through.destroy());
  });
  const running = await listening(server as unknown as Server);
  return { ...running, url: `http://127.0.0.1:${running.port}`, asked };
}
