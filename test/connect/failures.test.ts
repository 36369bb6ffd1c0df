import { describe, expect, it } from "vitest";
import { explainFailure } from "../../src/connect/index.ts";
import { ERRORS, type ErrorCode, LatchkeyError } from "../../src/errors.ts";

describe("a failed dance in words", () => {
  it("says for every code of the table what happened and what to do next", () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      const failure = explainFailure(new LatchkeyError(code), {
        flavor: "cloud",
        site: "acme.atlassian.net",
      });
      expect(failure.code).toBe(code);
      expect(failure.title, code).toMatch(/^[A-Z].{5,80}$/);
      expect(failure.happened, code).toMatch(/\.$/);
      expect(failure.next.length, code).toBeGreaterThan(0);
      for (const step of failure.next) expect(step, code).toMatch(/^.{6,}(\.|`|:)$/);
    }
  });

  it.each([
    ["access_denied", /declined/i],
    ["attempt_expired", /expired/i],
    ["token_expired", /expired/i],
    ["state_mismatch", /belongs to no request/i],
    ["browser_mismatch", /another browser/i],
    ["no_sites", /no Jira site/i],
    ["scope_missing", /permission is missing/i],
    ["signature_invalid", /signature/i],
    ["timestamp_refused", /clocks/i],
    ["consumer_key_unknown", /consumer key/i],
    ["refresh_token_absent", /within the hour/i],
    ["egress_refused", /private/i],
    ["not_a_jira", /not a Jira/i],
  ] as const)("%s has a title of its own", (code, title) => {
    expect(explainFailure(new LatchkeyError(code)).title).toMatch(title);
  });

  it("names Jira's own word, bounded and printable", () => {
    const word = explainFailure(
      new LatchkeyError("oauth_problem_unknown", undefined, {
        details: { oauth_problem: `odd\u0000<b>\n${"x".repeat(500)}` },
      }),
    ).jira_word;
    expect(word).toMatch(/^oauth_problem=odd\?<b>\?x+$/);
    expect(word!.length).toBeLessThan(90);
    expect(
      explainFailure(new LatchkeyError("invalid_scope", undefined, { details: { error: "invalid_scope" } }))
        .jira_word,
    ).toBe("error=invalid_scope");
  });

  it("says how far the clocks are apart", () => {
    const ahead = explainFailure(
      new LatchkeyError("timestamp_refused", undefined, { details: { skew_s: 600 } }),
    );
    expect(ahead.happened).toContain("Jira's clock is 10 minutes ahead of");
    const behind = explainFailure(
      new LatchkeyError("timestamp_refused", undefined, { details: { skew_s: -900 } }),
    );
    expect(behind.happened).toContain("15 minutes behind");
  });

  it("never repeats the server's prose, nor what an unknown error carries", () => {
    const error = new LatchkeyError("access_denied", undefined, {
      details: { error: "access_denied", error_description: "<script>alert(1)</script>" },
    });
    expect(JSON.stringify(explainFailure(error))).not.toContain("script");
    expect(JSON.stringify(explainFailure(new Error("token=abc")))).not.toContain("abc");
  });

  it("offers no second try where only somebody else can mend it", () => {
    for (const code of [
      "consumer_key_unknown",
      "signature_invalid",
      "invalid_client",
      "egress_refused",
    ] as const) {
      expect(explainFailure(new LatchkeyError(code)).try_again, code).toBe(false);
    }
    for (const code of ["access_denied", "state_mismatch", "attempt_used", "no_sites"] as const) {
      expect(explainFailure(new LatchkeyError(code)).try_again, code).toBe(true);
    }
  });
});
