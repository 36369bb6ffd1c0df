import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { answerUnreadable, LISTENING } from "../../src/gateway/index.ts";

let port = 0;
const server = createServer(LISTENING, (_request, response) => response.end("read"));
server.on("clientError", answerUnreadable);

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => void server.close());

/** What comes back on a bare connection, whatever is sent. */
function send(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let got = "";
    socket.on("data", (bytes) => {
      got += bytes;
    });
    socket.on("end", () => {
      socket.destroy();
      resolve(got);
    });
    socket.on("error", (error) => (got === "" ? reject(error) : resolve(got)));
  });
}

it("a callback of 5 MB is answered with what to do, and repeats nothing of it", async () => {
  const secret = "s3cr3t-code";
  const answer = await send(
    `GET /callback/cloud?code=${secret}${"x".repeat(5_000_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  expect(answer).toContain("start again");
  expect(answer).not.toContain(secret);
});

it("what is no HTTP is told so", async () => {
  const answer = await send("\u0016\u0003\u0001 a handshake for https\r\n\r\n");
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain("not a request");
});

it("an ordinary request is read", async () => {
  expect(await send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).toContain("read");
});
