import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  classOfAddress,
  isAllowed,
  isWithin,
  literalAddress,
  readUrl,
  redirectTarget,
} from "../../src/egress.ts";

describe("classes of addresses", () => {
  it.each([
    ["127.0.0.1", "loopback"],
    ["127.255.255.254", "loopback"],
    ["10.0.0.1", "private"],
    ["172.16.0.1", "private"],
    ["172.31.255.255", "private"],
    ["192.168.1.1", "private"],
    ["169.254.169.254", "link-local"],
    ["100.64.0.1", "shared"],
    ["100.127.255.255", "shared"],
    ["0.0.0.0", "reserved"],
    ["0.1.2.3", "reserved"],
    ["192.0.0.192", "reserved"],
    ["198.18.0.1", "reserved"],
    ["224.0.0.1", "multicast"],
    ["255.255.255.255", "reserved"],
    ["::", "reserved"],
    ["::1", "loopback"],
    ["[::1]", "loopback"],
    ["::ffff:127.0.0.1", "loopback"],
    ["::ffff:7f00:1", "loopback"],
    ["0:0:0:0:0:ffff:a9fe:a9fe", "link-local"],
    ["::127.0.0.1", "reserved"],
    ["64:ff9b::10.0.0.1", "private"],
    ["64:ff9b:1::1", "reserved"],
    ["2002:7f00:1::", "loopback"],
    ["2002:a9fe:a9fe::1", "link-local"],
    ["fc00::1", "private"],
    ["fd12:3456::1", "private"],
    ["fe80::1", "link-local"],
    ["fe80::1%eth0", "link-local"],
    ["fec0::1", "link-local"],
    ["ff02::1", "multicast"],
    ["2001::1", "reserved"],
    ["2001:db8::1", "reserved"],
    ["100::1", "reserved"],
    ["4000::1", "reserved"],
    ["0177.0.0.1", "invalid"],
    ["127.1", "invalid"],
    ["::1::", "invalid"],
    ["1:2:3", "invalid"],
    ["", "invalid"],
    ["8.8.8.8", "public"],
    ["104.192.141.1", "public"],
    ["172.32.0.1", "public"],
    ["100.128.0.1", "public"],
    ["::ffff:8.8.8.8", "public"],
    ["2606:4700::6810:1", "public"],
    ["2401:1d80:3000::1", "public"],
  ])("%s is %s", (address, expected) => {
    expect(classOfAddress(address)).toBe(expected);
  });

  it("reads an IPv4 address and its mapped and NAT64 spellings alike", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const expected = classOfAddress(address);
        expect(expected).not.toBe("invalid");
        expect(classOfAddress(`::ffff:${address}`)).toBe(expected);
        expect(classOfAddress(`64:ff9b::${address}`)).toBe(expected);
      }),
    );
  });

  it("never takes an address for invalid that the URL parser accepts", () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        fc.pre(URL.canParse(`http://[${address}]/`));
        const literal = literalAddress(new URL(`http://[${address}]/`));
        expect(literal).toBeDefined();
        expect(classOfAddress(literal!)).not.toBe("invalid");
        expect(classOfAddress(address)).toBe(classOfAddress(literal!));
      }),
    );
  });

  it.each([
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://0x7f.1/",
  ])("sees through the spelling %s", (spelling) => {
    expect(classOfAddress(literalAddress(new URL(spelling))!)).toBe("loopback");
  });
});

describe("allowances", () => {
  const allowances = [{ origin: "http://localhost:8091", base_path: "/jira" }];
  it.each([
    ["http://localhost:8091/jira", true],
    ["http://localhost:8091/jira/rest/api/2/myself?x=1", true],
    ["http://LOCALHOST:8091/jira/", true],
    ["http://localhost:8091/", false],
    ["http://localhost:8091/jiraffe", false],
    ["http://localhost:8091/jira/../admin", false],
    ["http://localhost:8091/jira/%2e%2e/admin", false],
    ["http://localhost:8092/jira", false],
    ["https://localhost:8091/jira", false],
    ["http://127.0.0.1:8091/jira", false],
    ["http://localhost.:8091/jira", false],
  ])("%s: %s", (url, expected) => {
    expect(isAllowed(new URL(url), allowances)).toBe(expected);
  });

  it("an allowance that cannot be read allows nothing", () => {
    expect(isAllowed(new URL("http://localhost/"), [{ origin: "localhost", base_path: "/" }])).toBe(false);
  });
});

describe("URLs", () => {
  it("keeps path and query as they are written, since they may have been signed", () => {
    const { target } = readUrl("http://a.example/rest/%7Ex?jql=a%20%3D%20'b'&x=%2B");
    expect(target).toBe("/rest/%7Ex?jql=a%20%3D%20'b'&x=%2B");
    expect(readUrl("http://a.example?x=1#frag").target).toBe("/?x=1");
  });

  it.each([
    "ftp://a.example/",
    "file:///etc/passwd",
    "/rest/api/2/myself",
    "http://user:pass@a.example/",
    "http://a.example/x/../y",
    "http://a.example/x/%2E%2e/y",
    "http://a.example\\@127.0.0.1/",
    "http://a.example/a\\b",
    "http://a.example/a b",
    "http:a.example/",
    "http://[fe80::1%25eth0]/",
    "",
  ])("refuses %j", (text) => {
    expect(() => readUrl(text)).toThrow(expect.objectContaining({ code: "bad_request" }));
  });

  it("follows redirects within the base only, five times", () => {
    const base = "https://jira.example/jira";
    const from = `${base}/browse/A-1`;
    expect(redirectTarget(from, "/jira/login.jsp", base, 0)).toBe("https://jira.example/jira/login.jsp");
    const refused = (location: string, hop = 0) =>
      expect(() => redirectTarget(from, location, base, hop)).toThrow(
        expect.objectContaining({ code: "redirect_refused" }),
      );
    refused("https://evil.example/jira/");
    refused("http://jira.example/jira/");
    refused("//evil.example/jira/");
    refused("/other");
    refused("/jira/../other");
    refused("http://[");
    refused("/jira/x", 5);
    expect(isWithin(new URL("https://jira.example/jirax"), base)).toBe(false);
  });
});
