import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide, isSameAccount } from "../../src/connect/decide.ts";
import { sitesMatching } from "../../src/connect/sites.ts";
import type { Connection, SiteRef } from "../../src/vault/index.ts";

const site = (name: string): SiteRef => ({
  id: `id-${name}`,
  url: `https://${name}.atlassian.net`,
  name,
  api_base_url: `https://api.atlassian.com/ex/jira/id-${name}`,
  deployment: "cloud",
});
const acme = site("acme");
const globex = site("globex");
const mia = { account_id: "a-1" };

const code = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return "none";
};

describe("which site is meant", () => {
  it("is the only one, without asking", () => {
    expect(decide({ sites: [acme], account: mia, confirmed: false })).toEqual({
      kind: "connect",
      site: acme,
    });
  });

  it("is never the first of several", () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(names, (several) => {
        const sites = several.map(site);
        expect(decide({ sites, account: mia, confirmed: false })).toEqual({ kind: "choose", sites });
      }),
    );
  });

  it("is the one that was asked for, by address or cloud id", () => {
    for (const hint of [
      "https://globex.atlassian.net",
      "https://globex.atlassian.net/",
      "HTTPS://GLOBEX.atlassian.net",
      "id-globex",
    ]) {
      const decision = decide({ sites: [acme, globex], account: mia, site_hint: hint, confirmed: false });
      expect(decision, hint).toEqual({ kind: "connect", site: globex });
    }
  });

  it("is a question where another site was granted than asked for, even a single one", () => {
    const decision = decide({
      sites: [globex],
      account: mia,
      site_hint: "https://acme.atlassian.net",
      confirmed: false,
    });
    expect(decision.kind).toBe("choose");
  });

  it("is told to be none where the grant reaches none", () => {
    expect(code(() => decide({ sites: [], account: mia, confirmed: false }))).toBe("no_sites");
  });

  it("does not take part of an address for the address", () => {
    expect(sitesMatching([acme, globex], "https://acme.atlassian.net.evil.example")).toEqual([]);
    expect(sitesMatching([acme, globex], "https://acme.atlassian.net/other")).toEqual([]);
    expect(sitesMatching([acme, globex], "acme")).toEqual([]);
  });
});

describe("a reconnect", () => {
  const connection = { id: "con_1", site: acme, account: mia } as Connection;

  it("goes through for the same account on the same site", () => {
    const decision = decide({ sites: [globex, acme], account: mia, reconnect: connection, confirmed: false });
    expect(decision).toEqual({ kind: "connect", site: acme });
  });

  it("asks where another account approved", () => {
    const other = { account_id: "a-2" };
    const granted = { sites: [acme], account: other, reconnect: connection };
    expect(decide({ ...granted, confirmed: false }).kind).toBe("confirm-account");
    expect(decide({ ...granted, confirmed: true }).kind).toBe("connect");
  });

  it("asks where either account is unknown", () => {
    const unknown = { ...connection, account: undefined } as unknown as Connection;
    expect(decide({ sites: [acme], account: undefined, reconnect: connection, confirmed: false }).kind).toBe(
      "confirm-account",
    );
    expect(decide({ sites: [acme], account: mia, reconnect: unknown, confirmed: false }).kind).toBe(
      "confirm-account",
    );
    expect(isSameAccount(undefined, undefined)).toBe(false);
  });

  it("is refused where the approval does not reach the connection's site, even when confirmed", () => {
    const granted = { sites: [globex], account: mia, reconnect: connection, confirmed: true };
    expect(code(() => decide(granted))).toBe("site_not_granted");
  });
});
