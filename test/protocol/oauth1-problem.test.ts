import { describe, expect, test } from "vitest";
import type { HttpResponse } from "../../src/http.ts";
import { compareBaseStrings } from "../../src/protocol/oauth1/difference.ts";
import { percentEncode } from "../../src/protocol/oauth1/encode.ts";
import { oauthProblemOf, problemError } from "../../src/protocol/oauth1/problem.ts";

function answer(status: number, body: string, headers: Record<string, string> = {}): HttpResponse {
  return { status, headers, body: new TextEncoder().encode(body) };
}

describe("a problem is found wherever Jira writes it", () => {
  test.each<[string, HttpResponse, string | undefined]>([
    [
      "in the body alone",
      answer(400, "oauth_problem=signature_method_rejected"),
      "signature_method_rejected",
    ],
    [
      "last in the body",
      answer(401, "oauth_signature=x%3D&oauth_problem=signature_invalid\n"),
      "signature_invalid",
    ],
    [
      "in the header alone",
      answer(401, "", {
        "www-authenticate": 'OAuth realm="https%3A%2F%2Fj", oauth_problem="token_rejected"',
      }),
      "token_rejected",
    ],
    [
      "first in the header, realm last",
      answer(401, "", { "www-authenticate": 'OAuth oauth_problem="nonce_used", realm="x"' }),
      "nonce_used",
    ],
    [
      "in the second of two headers",
      answer(401, "", {
        "www-authenticate": 'OAuth realm="x", oauth realm="y", oauth_problem="token_expired"',
      }),
      "token_expired",
    ],
    [
      "beside another scheme",
      answer(401, "", { "www-authenticate": 'Basic realm="a", OAuth oauth_problem="token_used"' }),
      "token_used",
    ],
    ["with status 200", answer(200, "oauth_problem=permission_unknown"), "permission_unknown"],
    [
      "a bare challenge is none",
      answer(401, "", { "www-authenticate": 'OAuth realm="https%3A%2F%2Fj"' }),
      undefined,
    ],
    ["a page that quotes one is none", answer(404, "<p>oauth_problem=token_rejected</p>"), undefined],
    ["JSON that quotes one is none", answer(400, '{"a":"oauth_problem=token_rejected"}'), undefined],
    [
      "another scheme's parameters are none",
      answer(401, "", { "www-authenticate": 'Bearer oauth_problem="token_rejected"' }),
      undefined,
    ],
    ["a token answer is none", answer(200, "oauth_token=a&oauth_token_secret=b"), undefined],
    ["an empty name is none", answer(401, "oauth_problem="), undefined],
  ])("%s", (_, response, expected) => {
    expect(oauthProblemOf(response)?.oauth_problem).toBe(expected);
  });

  test("parameters of header and body come together, the body's first", () => {
    const found = oauthProblemOf(
      answer(400, "oauth_acceptable_timestamps=1-2&oauth_problem=timestamp_refused&other=1", {
        "www-authenticate":
          'OAuth realm="x", oauth_problem="timestamp_refused", oauth_acceptable_timestamps="9-9", oauth_problem_advice="a%20b"',
      }),
    );
    expect(found).toEqual({
      oauth_problem: "timestamp_refused",
      parameters: { oauth_acceptable_timestamps: "1-2", oauth_problem_advice: "a b" },
    });
  });

  test("a body of megabytes and a thousand parameters are bounded", () => {
    expect(oauthProblemOf(answer(401, `oauth_problem=x&${"a".repeat(5_000_000)}`))).toBeUndefined();
    const many = Array.from({ length: 1000 }, (_, n) => `oauth_x${n}=1`).join("&");
    expect(
      Object.keys(oauthProblemOf(answer(401, `oauth_problem=x&${many}`))!.parameters).length,
    ).toBeLessThan(60);
  });
});

describe("each problem has its own error", () => {
  const documented =
    "version_rejected parameter_absent parameter_rejected timestamp_refused signature_method_rejected nonce_used token_used token_expired token_revoked token_rejected signature_invalid consumer_key_unknown consumer_key_rejected additional_authorization_required permission_unknown permission_denied user_refused consumer_key_refused";
  test.each(documented.split(" "))("%s", (name) => {
    const error = problemError({ oauth_problem: name, parameters: {} }, { status: 401 });
    expect(error.code).toBe(name);
    expect(error.details).toMatchObject({ oauth_problem: name, status: 401 });
  });

  test("names no document lists are told apart and never reflected in the message", () => {
    for (const name of ["<script>", "internal", "connection_dead", "x".repeat(5000)]) {
      const error = problemError({ oauth_problem: name, parameters: {} });
      expect(error.code).toBe("oauth_problem_unknown");
      expect(error.message + error.fix).not.toContain(name);
      expect(String(error.details.oauth_problem).length).toBeLessThan(110);
    }
  });

  test("absent and rejected parameters are named, foreign text is not", () => {
    const absent = problemError({
      oauth_problem: "parameter_absent",
      parameters: { oauth_parameters_absent: "oauth_verifier&oauth%5Ftoken&<b>" },
    });
    expect(absent.message).toBe("An OAuth parameter is missing: oauth_verifier, oauth_token.");
    expect(absent.details.names).toEqual(["oauth_verifier", "oauth_token"]);
  });
});

describe("the clock", () => {
  const parameters = { oauth_acceptable_timestamps: "1700000000-1700000600" };
  const refused = { oauth_problem: "timestamp_refused", parameters };

  test("the middle of the acceptable range is Jira's own time", () => {
    const ahead = problemError(refused, { timestamp: 1_700_000_300 - 600 });
    expect(ahead.details).toMatchObject({
      skew_s: 600,
      acceptable_timestamps: { min: 1_700_000_000, max: 1_700_000_600 },
    });
    expect(ahead.message).toContain("about 600 seconds ahead of this one");
    expect(problemError(refused, { timestamp: 1_700_000_900 }).message).toContain("600 seconds behind");
  });

  test("milliseconds sent for seconds are recognized", () => {
    expect(problemError(refused, { timestamp: 1_700_000_300_000 }).fix).toContain("milliseconds");
  });

  test("an unreadable range says no more than it knows", () => {
    const error = problemError(
      { oauth_problem: "timestamp_refused", parameters: { oauth_acceptable_timestamps: "soon" } },
      { timestamp: 1 },
    );
    expect(error.details).not.toHaveProperty("skew_s");
  });
});

describe("two base strings side by side", () => {
  const ours = "GET&https%3A%2F%2Fjira.example.com%2Frest&a%3D1%26b%3D2%26b%3D2";
  function refused(theirs: string) {
    const oauth_signature_base_string = theirs;
    return problemError(
      { oauth_problem: "signature_invalid", parameters: { oauth_signature_base_string } },
      { base_string: ours },
    );
  }

  test("equal: Jira holds another public key", () => {
    expect(refused(ours).message).toContain("another public key");
    expect(refused(ours).details).toMatchObject({
      their_base_string: ours,
      our_base_string: ours,
      difference: { equal: true },
    });
  });

  test("another address: a proxy", () => {
    const error = refused(ours.replace("https%3A%2F%2Fjira.example.com", "http%3A%2F%2Ftomcat%3A8080"));
    expect(error.message).toContain("another address");
    expect(error.fix).toContain("proxyName");
    expect(error.details.difference).toMatchObject({
      parts: ["url"],
      our_url: "https://jira.example.com/rest",
      their_url: "http://tomcat:8080/rest",
    });
  });

  test("other parameters: each is named, repeated ones counted", () => {
    const theirs = `GET&${percentEncode("https://jira.example.com/rest")}&${percentEncode("a=%20&b=2&c=3")}`;
    expect(compareBaseStrings(ours, theirs)).toEqual({
      equal: false,
      parts: ["parameters"],
      our_url: "https://jira.example.com/rest",
      their_url: "https://jira.example.com/rest",
      only_ours: ["a=1", "b=2"],
      only_theirs: ["a=%20", "c=3"],
    });
    expect(refused(theirs).message).toContain("other parameters");
  });

  test("whatever the server hands back, comparing never throws", () => {
    for (const theirs of ["", "&", "a", "%", "&&&&%zz"])
      expect(refused(theirs).code).toBe("signature_invalid");
  });
});
