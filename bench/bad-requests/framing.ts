/** Messages whose end is a matter of opinion, with a second request hidden behind what one side may take for it. */
import type { Draw } from "./draw.ts";

/**
 * @param head the request line and the headers that a good one would have, without those of framing
 * @param hidden a whole request that must never be taken for one
 */
export function badFraming(draw: Draw, head: readonly string[], hidden: string): string {
  const [line = "", ...rest] = head;
  const message = (headers: readonly string[], body: string) =>
    `${[line, ...rest, ...headers].join("\r\n")}\r\n\r\n${body}`;
  const chunked = `0\r\n\r\n${hidden}`;
  const inside = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`;
  const te = (value: string, body = chunked) => message([`Transfer-Encoding: ${value}`], body);
  return draw.one<() => string>([
    () => message([`Content-Length: ${chunked.length}`, "Transfer-Encoding: chunked"], chunked),
    () => message(["Transfer-Encoding: chunked", "Content-Length: 4"], chunked),
    () => message(["Content-Length: 0", `Content-Length: ${hidden.length}`], hidden),
    () => message([`Content-Length: 0, ${hidden.length}`], hidden),
    () =>
      message([`Content-Length: ${draw.one(["+0", "-1", "0x0", "1e0", "0 0", "", "0;", "00x"])}`], hidden),
    () => message([`Content-Length: ${"9".repeat(18 + draw.number(10))}`], hidden),
    () => message(["Content-Length : 0"], hidden),
    () =>
      te(draw.one(["xchunked", "chunked, identity", "identity, chunked, x", "chunked\x0b", "\x00chunked"])),
    () => te(draw.one(["gzip", "identity", "chunked;q=1", '"chunked"', "chunk"])),
    () => message(["Transfer-Encoding : chunked"], chunked),
    () => message(["X: y\r\n Transfer-Encoding: chunked"], chunked),
    () => message(["X: y\nTransfer-Encoding: chunked"], chunked),
    () => message(["Transfer-Encoding:\n chunked"], chunked),
    () => message(["Transfer\rEncoding: chunked"], chunked),
    () => te("chunked", `${draw.one(["zz", "-1", "0x5", "5 ", "+5", "5;\n", ""])}\r\n${hidden}`),
    () => te("chunked", `${"f".repeat(17)}\r\n${hidden}`),
    () => te("chunked", `5\r\nabcdeXX${hidden}`),
    () => te("chunked", `5;${draw.bytes(20).replace(/[\r\n]/g, "")}\nabcde\n0\n\n${hidden}`),
    () => te("chunked", `0\r\nContent-Length: 5\r\nX y\r\n\r\n${hidden}`),
    () => te("chunked", `5;a=${"x".repeat(20_000)}\r\nabcde\r\n${inside}`),
    () => message([`X: ${draw.one(["a\rb", "a\0b", "\x01", "a\nb: c", "\x7f\r\r"])}`], ""),
    () => message(["no colon"], ""),
    () => message([": no name"], ""),
    () => message(["Bad Name: x"], ""),
    () => message(["Host: a", "Host: b"], ""),
    () =>
      `${[line.replace("HTTP/1.1", draw.one(["HTTP/3.0", "HTTP/0.9", "HTTP/1.", "HTTQ/1.1", ""])), ...rest].join("\r\n")}\r\n\r\n`,
    () => `${line.replaceAll(" ", draw.one(["  ", "\t", "\x0b", "\0"]))}\r\n${rest.join("\r\n")}\r\n\r\n`,
    () => `${[line, ...rest].join("\n")}\n\n`,
    () => message([`X: ${"x".repeat(70_000)}`], ""),
    () =>
      message(
        Array.from({ length: 3_000 }, (_, n) => `X-${n}: x`),
        "",
      ),
    () => `${"\r\n".repeat(draw.number(5))}${draw.bytes(1 + draw.number(200))}\r\n\r\n`,
    () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    () => `\x16\x03\x01${draw.bytes(40)}`,
  ])();
}
