/** Bodies that are not what they should be: JSON that is none, too deep, too wide, packed, or says two things. */
import { deflateSync, gzipSync } from "node:zlib";
import type { Draw } from "./draw.ts";

export type Body = { readonly type: string; readonly text: string; readonly headers?: readonly string[] };

const latin = (bytes: Buffer) => bytes.toString("latin1");
const JSON_TYPE = "application/json";

/** @param harm what must not get through, as the body would say it */
export function badBody(draw: Draw, harm: string): Body {
  const depth = 100 + draw.number(20_000);
  const wide = 1_000 + draw.number(2_000);
  const plain = JSON.stringify({ body: harm, fields: { summary: harm } });
  return draw.one<() => Body>([
    () => ({ type: JSON_TYPE, text: `${"[".repeat(depth)}${"]".repeat(depth)}` }),
    () => ({ type: JSON_TYPE, text: `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}` }),
    () => ({ type: JSON_TYPE, text: `{"jql":"","x":${"[".repeat(depth)}${"]".repeat(depth)}}` }),
    () => ({ type: JSON_TYPE, text: `${"[".repeat(depth)}` }),
    () => ({ type: JSON_TYPE, text: `{${Array.from({ length: wide }, (_, n) => `"${n}":${n}`).join()}}` }),
    () => ({ type: JSON_TYPE, text: `{"__proto__":{"admin":true},"constructor":{"prototype":{"x":1}}}` }),
    () => ({ type: JSON_TYPE, text: `{"body":"fine","body":${JSON.stringify(harm)},"body":1e999}` }),
    () => ({ type: JSON_TYPE, text: `{"maxResults":${"9".repeat(1 + draw.number(400))}}` }),
    () => ({ type: JSON_TYPE, text: draw.bytes(draw.number(200)) }),
    () => ({ type: JSON_TYPE, text: plain.slice(0, -1 - draw.number(5)) }),
    () => ({ type: JSON_TYPE, text: `\xff\xfe${plain}` }),
    () => ({ type: JSON_TYPE, text: latin(Buffer.from(plain, "utf16le")) }),
    () => ({ type: `${JSON_TYPE}; charset=utf-16le`, text: latin(Buffer.from(plain, "utf16le")) }),
    () => ({ type: JSON_TYPE, text: latin(gzipSync(plain)), headers: ["Content-Encoding: gzip"] }),
    () => ({ type: JSON_TYPE, text: latin(deflateSync(plain)), headers: ["Content-Encoding: deflate"] }),
    () => ({ type: JSON_TYPE, text: JSON.stringify(draw.one([null, 1, "x", [], true, [[]]])) }),
    () => ({ type: `text/plain`, text: plain }),
    () => ({ type: `application/xml`, text: `<!DOCTYPE x [<!ENTITY a "${harm}">]><x>&a;</x>` }),
    () => ({ type: `multipart/form-data; boundary=b`, text: `--b\r\n\r\n${harm}\r\n--b--` }),
    () => ({ type: `application/x-www-form-urlencoded`, text: `os_username=${harm}&os_password=x` }),
    () => ({ type: `application/x-www-form-urlencoded; charset=utf-16`, text: `%00o%00s=${harm}` }),
    () => ({ type: draw.word(12), text: draw.bytes(50) }),
  ])();
}
