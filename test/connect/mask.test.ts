import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { oauth1 } from "../../src/protocol/index.ts";
import { maskCallUrl, maskHeaders, maskUrl } from "../../src/recorder/mask.ts";
import { maskBaseString } from "../../src/recorder/signed.ts";

describe("what is kept of a message", () => {
  it("shows how the dance is danced and masks every other value", () => {
    const url =
      "https://auth.atlassian.com/authorize?audience=api.atlassian.com&client_id=abc&scope=read%3Ame&redirect_uri=http%3A%2F%2Flocalhost%2Fcallback%2Fx%3Fsecret%3D1&state=S3CRETSTATE&response_type=code&prompt=consent&code_challenge=CHALLENGE&code_challenge_method=S256";
    const masked = maskUrl(url);
    expect(masked).toContain("client_id=abc");
    expect(masked).toContain("redirect_uri=http%3A%2F%2Flocalhost%2Fcallback%2Fx&");
    expect(masked).toContain("state=***");
    expect(masked).not.toContain("S3CRETSTATE");
    expect(masked).not.toContain("CHALLENGE");
  });

  it("masks a value under any name that is not known to be harmless, however it is written", () => {
    const canary = "canary-7f3a9";
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 20 }), fc.boolean(), (name, twice) => {
        fc.pre(!KNOWN.has(name) && !name.includes(canary));
        const value = twice ? encodeURIComponent(`%${canary}`) : canary;
        const url = new URL("https://jira.example.com/callback");
        url.searchParams.append(name, value);
        expect(maskUrl(url.href)).not.toContain(canary);
      }),
    );
  });

  it("keeps of a caller's address what names things, and no value it looked for", () => {
    const base = "https://api.example/ex/jira/1324a887-45db-1bf4-1e99-ef0ff456d421";
    const kept = (rest: string) => maskCallUrl(base, `${base}${rest}`).slice(base.length);
    expect(kept("/rest/api/3/issue/JJ-2/comment?startAt=50&maxResults=9")).toBe(
      "/rest/api/3/issue/JJ-2/comment?startAt=50&maxResults=9",
    );
    expect(kept("/rest/api/3/user?accountId=5b10a2844c&startAt=S3CRET#x")).toBe(
      "/rest/api/3/user?accountId=***&startAt=***",
    );
    expect(kept("/rest/api/3/x/5b10a2844c20165700ede21g/%63anary")).toBe("/rest/api/3/x/***/***");
    expect(kept("/rest/api/3/search?0a1b2c3d4e5f=1")).toBe("/rest/api/3/search?***=***");
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9+/=~ ]{12,40}$/), (value) => {
        fc.pre(/\d/.test(value) && /[A-Za-z]/.test(value));
        const url = `${base}/rest/x/${encodeURIComponent(`${value}9`)}?jql=${encodeURIComponent(value)}`;
        expect(decodeURIComponent(maskCallUrl(base, url))).not.toContain(value);
      }),
    );
  });

  it("masks a token in a base string, wherever a broken proxy may have put it, and keeps its form", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9+/=&% é]{8,40}$/), fc.boolean(), (token, inPath) => {
        const once = oauth1.percentEncode(token);
        const url = `https://jira.example/rest/x?a=1${inPath ? `&copied=${once}` : ""}`;
        const text = oauth1.signatureBaseString("GET", url, [
          ["oauth_token", token],
          ["oauth_verifier", token],
          ["oauth_nonce", "n"],
        ]);
        const masked = maskBaseString(text, [token]);
        for (const form of [token, once, oauth1.percentEncode(once)]) expect(masked).not.toContain(form);
        expect(masked.split("&")).toHaveLength(3);
        expect(oauth1.percentDecode(masked.split("&")[2]!)).toContain("oauth_token=***&oauth_verifier=***");
      }),
    );
    expect(maskBaseString("not a base string with oauth_token=x")).toBe("***");
  });

  it("drops user name, password and fragment of an address", () => {
    expect(maskUrl("https://user:pass@jira.example.com/x#access_token=abc")).toBe(
      "https://jira.example.com/x",
    );
    expect(maskUrl("not an address")).toBe("***");
  });

  it("keeps no header that carries anything", () => {
    const kept = maskHeaders({
      "content-type": "text/html",
      date: "Fri, 20 Nov 2026 16:00:00 GMT",
      location: "https://x.example/login/S3CRET9PATH?code=1",
      "set-cookie": "a=b",
      "www-authenticate": 'OAuth realm="canary", oauth_token="canary", oauth_problem="token_rejected"',
      "x-custom": "token",
    });
    expect(kept).toEqual({
      "content-type": "text/html",
      date: "Fri, 20 Nov 2026 16:00:00 GMT",
      location: "https://x.example/login/***",
      "www-authenticate": 'OAuth oauth_problem="token_rejected"',
    });
  });
});

const KNOWN = new Set(
  "audience client_id code_challenge_method error fields grant_type maxResults oauth_callback_confirmed oauth_consumer_key oauth_problem oauth_signature_method oauth_version prompt response_type scope startAt redirect_uri oauth_callback".split(
    " ",
  ),
);
