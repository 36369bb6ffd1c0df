/**
 * `[reach."https://jira.corp.example"]` in the configuration file: how one site is reached, where a plain https
 * connection does not do.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Secret } from "../secret.ts";
import { nearest } from "./values.ts";

/** One table of the file. Paths are relative to the home directory. */
export type ReachTable = {
  /** PEM certificates that are trusted for this site instead of the system's. */
  readonly ca_file?: string;
  /** PEM, with the chain behind it. */
  readonly client_certificate_file?: string;
  /** PEM, without a passphrase. */
  readonly client_key_file?: string;
  /** `http://proxy.corp.example:3128` */
  readonly http_proxy?: string;
  readonly http_proxy_user?: string;
  readonly http_proxy_password_file?: string;
};

export type Reach = {
  /** `https://jira.corp.example`, or `https://*.atlassian.net` for every name below. */
  readonly origin: string;
  readonly ca?: string;
  readonly client_certificate?: { readonly cert: string; readonly key: Secret };
  readonly http_proxy?: { readonly url: string; readonly user?: string; readonly password?: Secret };
};

const FIELDS = [
  "ca_file",
  "client_certificate_file",
  "client_key_file",
  "http_proxy",
  "http_proxy_user",
  "http_proxy_password_file",
] as const;

/** Reads every table, with its files; what is wrong becomes a problem that names table and field. */
export function readReach(value: unknown, home: string, label: string, problems: string[]): readonly Reach[] {
  if (value === undefined) return [];
  if (!isTable(value)) {
    problems.push(`reach in ${label} must hold tables such as [reach."https://jira.corp.example"]`);
    return [];
  }
  return Object.entries(value).flatMap(([origin, table]) => {
    const where = `reach."${origin.slice(0, 200)}" in ${label}`;
    const before = problems.length;
    if (!isOrigin(origin)) {
      problems.push(
        `${where} must be named by an origin, like https://jira.corp.example or https://*.example.com`,
      );
    }
    if (!isTable(table)) {
      problems.push(`${where} must be a table with ${FIELDS.join(", ")}`);
      return [];
    }
    const found = oneReach(origin, table, { home, where, problems });
    return problems.length === before ? [found] : [];
  });
}

type Reading = { readonly home: string; readonly where: string; readonly problems: string[] };

function oneReach(origin: string, table: Readonly<Record<string, unknown>>, reading: Reading): Reach {
  const { where, problems } = reading;
  for (const [field, value] of Object.entries(table)) {
    if (!(FIELDS as readonly string[]).includes(field)) {
      const meant = nearest(field, FIELDS);
      problems.push(`${where}: there is no ${field}${meant ? `; ${meant} is` : ""}`);
    } else if (typeof value !== "string" || value.trim() === "")
      problems.push(`${where}: ${field} must be text`);
  }
  const text = (field: (typeof FIELDS)[number]) => {
    const value = table[field];
    return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
  };
  const file = (field: (typeof FIELDS)[number]) => {
    const path = text(field);
    return path === undefined ? undefined : contentOf(path, field, reading);
  };
  const ca = certificates(file("ca_file"), "ca_file", reading);
  const client_certificate = clientCertificate(
    file("client_certificate_file"),
    file("client_key_file"),
    reading,
  );
  const http_proxy = proxy(
    text("http_proxy"),
    text("http_proxy_user"),
    file("http_proxy_password_file"),
    reading,
  );
  return {
    origin,
    ...(ca !== undefined && { ca }),
    ...(client_certificate && { client_certificate }),
    ...(http_proxy && { http_proxy }),
  };
}

function contentOf(path: string, field: string, { home, where, problems }: Reading): string | undefined {
  try {
    return readFileSync(resolve(home, path), "utf8");
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? "unreadable";
    problems.push(`${where}: ${field} names ${path}, which cannot be read (${why})`);
    return undefined;
  }
}

function certificates(
  pem: string | undefined,
  field: string,
  { where, problems }: Reading,
): string | undefined {
  if (pem === undefined || certificateOf(pem)) return pem;
  problems.push(`${where}: ${field} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)`);
  return undefined;
}

function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function clientCertificate(
  cert: string | undefined,
  key: string | undefined,
  reading: Reading,
): Reach["client_certificate"] {
  const { where, problems } = reading;
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    problems.push(`${where}: client_certificate_file and client_key_file go together`);
    return undefined;
  }
  const certificate = certificateOf(cert);
  if (!certificate) {
    certificates(cert, "client_certificate_file", reading);
    return undefined;
  }
  try {
    if (certificate.checkPrivateKey(createPrivateKey(key))) return { cert, key: new Secret(key) };
    problems.push(`${where}: client_key_file is not the key of client_certificate_file`);
  } catch {
    problems.push(`${where}: client_key_file holds no private key in PEM form without a passphrase`);
  }
  return undefined;
}

function proxy(
  url: string | undefined,
  user: string | undefined,
  password: string | undefined,
  { where, problems }: Reading,
): Reach["http_proxy"] {
  if (url === undefined) {
    if (user !== undefined || password !== undefined) problems.push(`${where}: http_proxy is missing`);
    return undefined;
  }
  if (!URL.canParse(url) || !/^https?:\/\/[^/@?#]+\/?$/i.test(url)) {
    problems.push(
      `${where}: http_proxy must be like http://proxy.corp.example:3128; user name and password have fields of their own`,
    );
    return undefined;
  }
  if (password !== undefined && user === undefined) problems.push(`${where}: http_proxy_user is missing`);
  const secret = password?.replace(/\r?\n$/, "");
  return {
    url,
    ...(user !== undefined && { user }),
    ...(secret !== undefined && { password: new Secret(secret) }),
  };
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOrigin(text: string): boolean {
  const plain = text.replace(/^(https?:\/\/)\*\.(?=[^.]+\.)/i, "$1");
  return !plain.includes("*") && URL.canParse(plain) && new URL(plain).origin === plain;
}

/** How a URL is reached: by the table of its very origin, else by the longest one with a star. */
export function reachFor(all: readonly Reach[], url: URL): Reach | undefined {
  const exact = all.find((one) => one.origin === url.origin);
  if (exact) return exact;
  const below = all.filter(({ origin }) => {
    const [scheme, domain] = origin.split("//*.");
    return domain !== undefined && url.protocol === scheme && url.host.endsWith(`.${domain}`);
  });
  return below.sort((a, b) => b.origin.length - a.origin.length)[0];
}
