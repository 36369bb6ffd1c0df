import { createHmac, generateKeyPairSync, verify } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { authorizeOAuth1, baseStringOf, prepareSigner } from "../../src/protocol/oauth1/authorize.ts";
import { formEncode, parseForm, percentDecode, percentEncode } from "../../src/protocol/oauth1/encode.ts";
import { parsePrivateKey } from "../../src/protocol/oauth1/key.ts";
import {
  baseStringUri,
  normalizedParameters,
  sign,
  signatureBaseString,
  signRaw,
  signSync,
} from "../../src/protocol/oauth1/signature.ts";
import { Secret } from "../../src/secret.ts";
import { HMAC, JIRA_SHAPED, PHOTOS, TEST_KEY, TEST_KEY_SPKI_SHA256 } from "./vectors.ts";
import * as witness from "./witness-oauth1.ts";

const key = parsePrivateKey(TEST_KEY);
const client = { consumer_key: "OauthKey", key };
const at = { timestamp: 1_700_000_000, nonce: "nonce-0001" };

function headerOf(authorization: string): Record<string, string> {
  const pairs = [...authorization.matchAll(/([a-z_]+)="([^"]*)"/g)];
  return Object.fromEntries(pairs.map(([, name, value]) => [name, decodeURIComponent(value!)]));
}

describe("published vectors, to the byte", () => {
  test("the test key is the one the vectors were made with", () => {
    expect(key.spki_sha256).toBe(TEST_KEY_SPKI_SHA256);
    expect(key.bits).toBe(1024);
  });

  test("photos.example.net with RSA-SHA1: base string and signature, in the pool, on the thread and by hand", async () => {
    const base = signatureBaseString("GET", PHOTOS.url, PHOTOS.parameters);
    expect(base).toBe(PHOTOS.base_string);
    expect(signSync(key, base)).toBe(PHOTOS.signature);
    expect(await sign(key, base)).toBe(PHOTOS.signature);
    expect(signRaw(key, base)).toBe(PHOTOS.signature);
    expect(witness.rsaSha1(key.keyObject, base)).toBe(PHOTOS.signature);
  });

  test.each(HMAC)("$name", (vector) => {
    const body = "body" in vector ? parseForm(vector.body) : [];
    const base = signatureBaseString(vector.method, vector.url, [
      ...Object.entries(vector.parameters),
      ...body,
    ]);
    const secret = vector.secrets.map(percentEncode).join("&");
    expect(createHmac("sha1", secret).update(base).digest("base64")).toBe(vector.signature);
  });

  test("the parameters of RFC 5849 section 3.4.1.3.2 come out in its order", () => {
    const pairs = [...parseForm("b5=%3D%253D&a3=a&c%40=&a2=r%20b"), ...parseForm("c2&a3=2+q")];
    expect(normalizedParameters(pairs)).toBe("a2=r%20b&a3=2%20q&a3=a&b5=%3D%253D&c%40=&c2=");
  });

  test.each(JIRA_SHAPED)("Jira-shaped: $name", async (vector) => {
    const { oauth_token, extra } = vector;
    const request = {
      method: vector.method,
      url: vector.url,
      headers: (vector.content_type
        ? { "content-type": `${vector.content_type}; charset=utf-8` }
        : {}) as Record<string, string>,
      ...(vector.body !== undefined && { body: vector.body }),
    };
    const signed = await authorizeOAuth1(request, client, {
      ...at,
      ...(oauth_token !== undefined && { oauth_token: oauth_token === "" ? "" : new Secret(oauth_token) }),
      ...(extra && { extra }),
    });
    expect(baseStringOf(signed)).toBe(vector.base_string);
    expect(headerOf(signed.headers.authorization!).oauth_signature).toBe(vector.signature);
    expect(signed.url).toBe(vector.url);
    expect(signed.body).toBe(vector.body);
  });
});

describe("base string URI", () => {
  test.each([
    ["HTTP://Example.com:80/foo", "http://example.com/foo"],
    ["HTTP://Example.com:444/foo", "http://example.com:444/foo"],
    ["https://Example.com:80/foo", "https://example.com:80/foo"],
    ["http://Example.com:443/foo", "http://example.com:443/foo"],
    ["https://Example.com:443/foo?x#y", "https://example.com/foo"],
    ["https://example.com", "https://example.com/"],
    ["https://example.com?a=b", "https://example.com/"],
    ["https://example.com/jira/", "https://example.com/jira/"],
    ["https://example.com/a%2Bb+c/%7Ed/../e", "https://example.com/a%2Bb+c/%7Ed/../e"],
    ["https://user:pass@example.com/x", "https://example.com/x"],
    ["http://[::1]:8091/jira", "http://[::1]:8091/jira"],
    ["http://[::1]:80/jira", "http://[::1]/jira"],
    ["https://exämple.com/ü", "https://xn--exmple-cua.com/%C3%BC"],
  ])("%s", (url, expected) => {
    expect(baseStringUri(url)).toBe(expected);
  });

  test("what is not an absolute http or https URL is refused", () => {
    for (const url of ["", "/rest/api", "ftp://example.com/", "https://", "https:///x"]) {
      expect(() => baseStringUri(url), url).toThrow(/absolute http or https URL/);
    }
  });
});

describe("normalized parameters", () => {
  test.each([
    ["x!y=a&x=a", "x=a&x%21y=a"],
    ["a=x!y&a=x+y", "a=x%20y&a=x%21y"],
    ["a=b&a=B&a={}&a=.&a=/", "a=%2F&a=%7B%7D&a=.&a=B&a=b"],
    ["a-=1&a=2", "a=2&a-=1"],
    ["flag&=empty&flag=", "=empty&flag=&flag="],
    ["oauth_signature=x&a=1", "a=1"],
  ])("%s", (form, expected) => {
    expect(normalizedParameters(parseForm(form))).toBe(expected);
  });
});

describe("encoding", () => {
  test("only the unreserved characters of RFC 3986 stay", () => {
    const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).join("");
    const kept = ascii.replace(/[^A-Za-z0-9\-._~]/g, "");
    expect([...ascii].filter((character) => percentEncode(character) === character).join("")).toBe(kept);
    expect(percentEncode("!*'() +é\u{1F600}")).toBe("%21%2A%27%28%29%20%2B%C3%A9%F0%9F%98%80");
  });

  test("decoding never throws: what is no encoding stays, broken UTF-8 is replaced", () => {
    expect(percentDecode("100%")).toBe("100%");
    expect(percentDecode("%zz%41")).toBe("%zzA");
    expect(percentDecode("%E9t%C3%A9")).toBe("\uFFFDté");
    expect(parseForm("a=%&b=%E9")).toEqual([
      ["a", "%"],
      ["b", "\uFFFD"],
    ]);
  });

  test("whatever is encoded is decoded again, pairs and order kept", () => {
    const text = fc.string({ unit: "binary" });
    fc.assert(fc.property(text, (value) => percentDecode(percentEncode(value)) === value.toWellFormed()));
    const pairs = fc.array(
      fc.tuple(fc.string({ unit: "grapheme", minLength: 1 }), fc.string({ unit: "grapheme" })),
    );
    fc.assert(
      fc.property(pairs, (list) => {
        expect(parseForm(formEncode(list))).toEqual(list);
      }),
    );
  });
});

const word = fc.string({ unit: "grapheme", maxLength: 12 });
const segment = fc
  .string({ unit: fc.constantFrom(..."aZ0-._~!$&'()*+,;=:@%2B%C3%A9".match(/%..|./g)!), maxLength: 8 })
  .map((text) => `/${text}`);
const url = fc
  .record({
    scheme: fc.constantFrom("http", "https", "HTTPS"),
    host: fc.constantFrom("Jira.Example.com", "127.0.0.1", "[::1]"),
    port: fc.constantFrom("", ":80", ":443", ":8091"),
    path: fc.array(segment, { maxLength: 4 }).map((segments) => segments.join("")),
    query: fc.option(fc.array(fc.tuple(word, word), { maxLength: 4 })),
    plus: fc.boolean(),
  })
  .map(({ scheme, host, port, path, query, plus }) => {
    const written = query ? formEncode(query.filter(([name]) => !name.startsWith("oauth_"))) : "";
    const sent = plus ? written.replaceAll("%20", "+") : written;
    return `${scheme}://${host}${port}${path}${query ? `?${sent}` : ""}`;
  });

describe("against an independent implementation", () => {
  test("base strings agree for any URL and parameters", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("GET", "post", "DELETE"),
        url,
        fc.array(fc.tuple(word, word), { maxLength: 6 }),
        (method, where, pairs) => {
          expect(signatureBaseString(method, where, pairs)).toBe(witness.baseString(method, where, pairs));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("signed requests carry the signature the other one computes, form bodies included", async () => {
    const signer = prepareSigner({ consumer_key: "a key: ü*", key });
    const form = fc.array(fc.tuple(word, word), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(url, word, fc.option(form), fc.nat(), async (where, token, body, timestamp) => {
        const fields = body?.filter(([name]) => !name.startsWith("oauth_"));
        const request = {
          method: fields ? "POST" : "GET",
          url: where,
          headers: (fields ? { "content-type": "application/x-www-form-urlencoded" } : {}) as Record<
            string,
            string
          >,
          ...(fields && { body: formEncode(fields) }),
        };
        const options = {
          timestamp,
          nonce: "n",
          oauth_token: token === "" ? ("" as const) : new Secret(token),
        };
        const signed = await signer.authorize(request, options);
        expect(signer.authorizeSync(request, options)).toEqual(signed);
        const { oauth_signature, ...sent } = headerOf(signed.headers.authorization!);
        const pairs = [...Object.entries(sent), ...(fields ?? [])].map(
          ([name, value]) => [name!, value.toWellFormed()] as const,
        );
        const base = witness.baseString(request.method, where, pairs);
        expect(oauth_signature).toBe(witness.rsaSha1(key.keyObject, base));
      }),
      { numRuns: 60 },
    );
  });
});

describe("signing by hand, where the library refuses RSA with SHA-1", () => {
  test.each([1024, 2048, 3072])("gives the same bytes at %i bits", (modulusLength) => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength });
    const made = parsePrivateKey(privateKey.export({ format: "pem", type: "pkcs8" }).toString());
    const signature = signRaw(made, "some text");
    expect(signature).toBe(signSync(made, "some text"));
    expect(verify("RSA-SHA1", Buffer.from("some text"), publicKey, Buffer.from(signature, "base64"))).toBe(
      true,
    );
  });
});
