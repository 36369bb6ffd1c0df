/** Where things are in Jira's own pages, by flavor and version. */
import type { About } from "./contract.ts";

/** The administrator's page of application links. */
export function linksPage({ version, site }: Pick<About, "version" | "site">): string {
  const menu =
    majorOf(version) >= 10
      ? "Administration > Applications > Application links"
      : "Jira administration (gear) > Applications > Integrations > Application links";
  return site ? `${menu} (${site}/plugins/servlet/applinks/listApplicationLinks)` : menu;
}

/** The incoming side of a link: OAuth 1.0a and OAuth 2.0 are kept in different places. */
export function incomingSide(about: About): string {
  const page = linksPage(about);
  if (about.flavor === "datacenter-oauth2") return `${page} > the incoming link of type External application`;
  return `${page} > Edit beside the link > Incoming Authentication`;
}

export function consolePage(page: string): string {
  return `developer.atlassian.com/console/myapps > your app > ${page}`;
}

/** OAuth 2.0 came with 8.22. */
export function hasOAuth2(version: string | undefined): boolean {
  const [major = 10, minor = 0] = numbersOf(version);
  return major > 8 || (major === 8 && minor >= 22);
}

export function majorOf(version: string | undefined): number {
  return numbersOf(version)[0] ?? 10;
}

function numbersOf(version: string | undefined): number[] {
  const numbers = (version ?? "").split(/[.-]/).map(Number);
  return numbers.some(Number.isNaN) || version === undefined || version === "" ? [] : numbers;
}
