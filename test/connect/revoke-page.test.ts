import { describe, expect, it } from "vitest";
import { revokePage } from "../../src/connect/disconnect.ts";
import type { SiteRef } from "../../src/vault/index.ts";

const site = { url: "https://jira.example.com/jira/" } as SiteRef;

describe("where a person takes an approval back", () => {
  it("is Atlassian's page of connected apps for Cloud, and its own for another cloud", () => {
    const connection = { flavor: "cloud", site } as const;
    expect(revokePage(connection, undefined)).toBe("https://id.atlassian.com/manage-profile/apps");
    expect(revokePage(connection, {})).toBe("https://id.atlassian.com/manage-profile/apps");
    const other = { auth_url: "https://auth.atlassian-us-gov-mod.com/" };
    expect(revokePage(connection, other)).toBe("https://id.atlassian-us-gov-mod.com/manage-profile/apps");
    const sandbox = { auth_url: "http://localhost:8090/" };
    expect(revokePage(connection, sandbox)).toBe("http://localhost:8090/connected-apps");
  });

  it.each(["datacenter-oauth2", "datacenter-oauth1"] as const)(
    "is the page of authorized applications for %s",
    (flavor) => {
      expect(revokePage({ flavor, site }, undefined)).toBe(
        "https://jira.example.com/jira/plugins/servlet/oauth/users/access-tokens",
      );
    },
  );
});
