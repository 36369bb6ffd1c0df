import { describe, expect, it } from "vitest";
import { checkAddresses } from "../../src/vault/registered-urls.ts";

describe("the addresses of a registration", () => {
  it.each([
    ["auth_url", "notaurl"],
    ["auth_url", "--api-url"],
    ["api_url", "ftp://jira.example.com"],
    ["api_url", "javascript:alert(1)"],
    ["site_base_url", "jira.example.com/jira"],
    ["site_base_url", "https://me:pass@jira.example.com"],
    ["site_base_url", "https://jira.example.com/jira?x=1"],
    ["site_base_url", "https://jira.example.com/#top"],
    ["site_base_url", " https://jira.example.com"],
    ["cloud_sites", "https://example.net"],
    ["cloud_sites", "{name}.example.net"],
    ["redirect_uri", "/callback"],
    ["redirect_uri", "https://app.example.com/callback#here"],
    ["terminal_redirect_uri", "8085"],
  ])("%s %j is refused by the name of its field", (field, value) => {
    expect(() => checkAddresses({ [field]: value })).toThrow(
      expect.objectContaining({ code: "bad_request", details: { field } }),
    );
    expect(() => checkAddresses({ [field]: value })).toThrow(field);
  });

  it("takes what every kind of Jira is registered with", () => {
    checkAddresses({});
    checkAddresses({ redirect_uri: "" });
    checkAddresses({ redirect_uri: "oob", site_base_url: "http://localhost:8091/jira" });
    checkAddresses({
      auth_url: "https://auth.atlassian.com",
      api_url: "https://api.atlassian.com/",
      cloud_sites: "http://localhost:8090/sites/{name}",
      redirect_uri: "https://app.example.com/callback/cloud?tenant=1",
      terminal_redirect_uri: "http://127.0.0.1:8085/callback",
    });
  });
});
