import { describe, expect, test } from "vitest";
import { endpointsFor, FLAVORS } from "../../src/protocol/flavors.ts";
import { scopesOf, scopeWords } from "../../src/protocol/scopes.ts";

describe("the dialects", () => {
  test("each is filed under its own name and says what its Jira needs", () => {
    for (const [name, dialect] of Object.entries(FLAVORS)) expect(dialect.flavor).toBe(name);
    expect(FLAVORS.cloud).toMatchObject({
      token_body: "json",
      reuse_window_s: 600,
      redirect_uris: "one",
      search: "token",
    });
    expect(FLAVORS["datacenter-oauth2"]).toMatchObject({
      token_body: "form",
      reuse_window_s: 0,
      refresh_sends_redirect_uri: true,
    });
    expect(FLAVORS["datacenter-oauth1"]).toMatchObject({
      protocol: "oauth1",
      rotates: false,
      lifetimes: { access_s: 5 * 365 * 86_400 },
    });
  });

  test("default scopes are among those in words, and bring a refresh token", () => {
    for (const dialect of Object.values(FLAVORS)) {
      const offered = scopesOf(dialect.flavor).map((entry) => entry.scope);
      expect(offered).toEqual(expect.arrayContaining([...dialect.default_scopes]));
      if (dialect.refresh_scope) expect(dialect.default_scopes).toContain(dialect.refresh_scope);
    }
  });
});

describe("endpoints", () => {
  test("of Cloud are Atlassian's, or where a registration says", () => {
    expect(endpointsFor("cloud", {})).toEqual({
      authorization_endpoint: "https://auth.atlassian.com/authorize",
      token_endpoint: "https://auth.atlassian.com/oauth/token",
      accessible_resources_endpoint: "https://api.atlassian.com/oauth/token/accessible-resources",
      me_endpoint: "https://api.atlassian.com/me",
      gateway_base: "https://api.atlassian.com/ex/jira",
    });
    const sandbox = { auth_url: "http://localhost:8090/", api_url: "http://localhost:8090" };
    expect(endpointsFor("cloud", sandbox).token_endpoint).toBe("http://localhost:8090/oauth/token");
    expect(endpointsFor("cloud", sandbox).gateway_base).toBe("http://localhost:8090/ex/jira");
  });

  test("of Data Center lie below the base URL, context path included", () => {
    const where = { site_base_url: "https://jira.example.com/jira/" };
    expect(endpointsFor("datacenter-oauth2", where)).toEqual({
      authorization_endpoint: "https://jira.example.com/jira/rest/oauth2/latest/authorize",
      token_endpoint: "https://jira.example.com/jira/rest/oauth2/latest/token",
    });
    expect(endpointsFor("datacenter-oauth1", where).request_token_url).toBe(
      "https://jira.example.com/jira/plugins/servlet/oauth/request-token",
    );
  });

  test("of a Data Center without a base URL are refused by name", () => {
    for (const flavor of ["datacenter-oauth1", "datacenter-oauth2"] as const) {
      expect(() => endpointsFor(flavor, {})).toThrow(
        expect.objectContaining({ code: "registration_incomplete" }),
      );
    }
  });
});

describe("scopes in words", () => {
  test("every scope has a title and one sentence", () => {
    for (const flavor of ["cloud", "datacenter-oauth2"] as const) {
      for (const entry of scopesOf(flavor)) {
        expect(entry.title).not.toBe("");
        expect(entry.description).toMatch(/\.$/);
        expect(scopeWords(entry.scope)).toEqual(entry);
      }
    }
    expect(scopesOf("datacenter-oauth1")).toEqual([]);
  });

  test("granular scopes are described by their parts, unknown ones are shown as they are", () => {
    expect(scopeWords("read:issue.changelog:jira").title).toBe("Read: issue changelog");
    expect(scopeWords("delete:issue-type:jira-software").description).toContain(
      "granular scope of jira software",
    );
    expect(scopeWords("whatever").title).toBe("whatever");
  });
});
