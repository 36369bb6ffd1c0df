/** Exactly what to paste where in Jira's own pages, for each flavor and version. Pure. */
import { FLAVORS } from "../protocol/flavors.ts";
import type { Registration } from "../vault/index.ts";
import type { Instruction } from "./contract.ts";

/** How Jira's pages are called and ordered, by version. */
type Era = "up-to-8.21" | "8.22-to-9" | "from-10";

const LINKS_PATH = "/plugins/servlet/applinks/listApplicationLinks";
const ADMIN_MENU: Readonly<Record<Era, string>> = {
  "up-to-8.21": "Jira administration (gear) > Applications > Integrations > Application links",
  "8.22-to-9": "Jira administration (gear) > Applications > Integrations > Application links",
  "from-10": "Administration > Applications > Application links",
};

/** What the scopes of Data Center are called in the incoming link's permission list. */
const PERMISSIONS: Readonly<Record<string, string>> = {
  READ: "Read",
  WRITE: "Write",
  ADMIN: "Admin",
  SYSTEM_ADMIN: "System admin",
};

/**
 * The fields to fill in, in the order in which Jira shows them.
 *
 * @param version Jira's version (`9.12.4`), where it is known; the newest otherwise
 * @param application the name people see in Jira; default `Latchkey`
 */
export function instructions(
  registration: Registration,
  version?: string,
  application = "Latchkey",
): readonly Instruction[] {
  const era = eraOf(version);
  if (registration.credential !== "dance") return withoutDance(registration);
  if (registration.flavor === "cloud") return consoleFields(registration);
  return FLAVORS[registration.flavor].protocol === "oauth1"
    ? applicationLink(registration, era, application)
    : incomingLink(registration, era, application);
}

/** There is nothing to paste at Jira: what is needed comes from there. */
function withoutDance({ credential, flavor, site_base_url = "" }: Registration): readonly Instruction[] {
  if (credential === "service-account") {
    const where =
      flavor === "cloud"
        ? "admin.atlassian.com > Directory > Service accounts"
        : "Administration > System > Service accounts";
    return [
      {
        where,
        label: "Create credentials",
        value: "OAuth 2.0",
        note: "Give them the scopes your program needs; client id and secret are shown once.",
      },
    ];
  }
  return flavor === "cloud"
    ? [
        {
          where: "Your Atlassian account > Security > API tokens",
          url: "https://id.atlassian.com/manage-profile/security/api-tokens",
          label: "Create API token",
          value: "a name of your choice, and a day on which it ends",
        },
      ]
    : [
        {
          where: "Your picture > Profile > Personal Access Tokens",
          url: `${site_base_url.replace(/\/+$/, "")}/secure/ViewProfile.jspa`,
          label: "Create token",
          value: "a name of your choice, and a day on which it ends",
        },
      ];
}

function eraOf(version: string | undefined): Era {
  const [major = 10, minor = 0] = (version ?? "10").split(/[.-]/).map(Number);
  if (major >= 10 || Number.isNaN(major)) return "from-10";
  return major === 9 || (major === 8 && minor >= 22) ? "8.22-to-9" : "up-to-8.21";
}

function linksPage(registration: Registration): string {
  return (registration.site_base_url ?? "").replace(/\/+$/, "") + LINKS_PATH;
}

/** The address of the product, which Jira wants for a link; only scheme, host and port. */
function productUrl(registration: Registration): string {
  return URL.canParse(registration.redirect_uri)
    ? new URL(registration.redirect_uri).origin
    : "http://localhost";
}

function applicationLink(registration: Registration, era: Era, application: string): readonly Instruction[] {
  const url = linksPage(registration);
  const page = ADMIN_MENU[era];
  const start: readonly Instruction[] =
    era === "up-to-8.21"
      ? [
          {
            where: page,
            url,
            label: "Application",
            value: productUrl(registration),
            note: "Type it, press Create new link. Jira says that no response was received: press Continue.",
          },
        ]
      : [
          {
            where: `${page} > Create link`,
            url,
            label: "Application type",
            value: "Atlassian product",
            note: "External application would be OAuth 2.0. This kind leads to the OAuth 1.0a form.",
          },
          {
            where: `${page} > Create link`,
            url,
            label: "Application URL",
            value: productUrl(registration),
            note: "Jira says that no response was received: press Continue.",
          },
        ];
  const first = `${page} > Link applications`;
  const second = `${first} > Incoming`;
  return [
    ...start,
    { where: first, url, label: "Application Name", value: application },
    { where: first, url, label: "Application Type", value: "Generic Application" },
    {
      where: first,
      url,
      label: "Create incoming link",
      value: "on",
      note: "Leave the other fields of this page empty: they are for the outgoing direction. Press Continue.",
    },
    {
      where: second,
      url,
      label: "Consumer Key",
      value: registration.client_id,
      note: "Every letter counts.",
    },
    {
      where: second,
      url,
      label: "Consumer Name",
      value: application,
      note: "People see it on the consent page.",
    },
    {
      where: second,
      url,
      label: "Public Key",
      value: registration.public_key?.public_pem ?? "",
      note: "All lines, the first and the last included. Then press Continue.",
    },
    {
      where: `${page} > Edit > Incoming Authentication`,
      url,
      label: "Consumer Callback URL",
      value: registration.redirect_uri,
      note: "Can stay empty: Latchkey sends it with every request.",
    },
  ];
}

function incomingLink(registration: Registration, era: Era, application: string): readonly Instruction[] {
  const url = linksPage(registration);
  const page = ADMIN_MENU[era];
  const form = `${page} > Create link`;
  const scope = registration.scope.at(-1) ?? "WRITE";
  const versions =
    era === "up-to-8.21"
      ? "This Jira is older than 8.22 and has no OAuth 2.0: set up an application link (OAuth 1.0a) instead."
      : undefined;
  return [
    {
      where: form,
      url,
      label: "Application type",
      value: "External application",
      ...(versions !== undefined && { note: versions }),
    },
    { where: form, url, label: "Direction", value: "Incoming", note: "Press Continue." },
    { where: `${form} > Configure an incoming link`, url, label: "Name", value: application },
    {
      where: `${form} > Configure an incoming link`,
      url,
      label: "Redirect URL",
      value: registration.redirect_uri,
      note: "It must match letter by letter. Jira wants https, except for localhost.",
    },
    {
      where: `${form} > Configure an incoming link`,
      url,
      label: "Permission",
      value: PERMISSIONS[scope] ?? scope,
      note: "Nobody gets more than their own rights. Press Save.",
    },
    {
      where: `${form} > the page after saving`,
      url,
      label: "Client ID",
      value: registration.client_id,
      note: "Copy it from Jira to here.",
    },
    {
      where: `${form} > the page after saving`,
      url,
      label: "Client secret",
      value: "",
      note: "Copy it from Jira to here. It is kept encrypted and not shown again.",
    },
  ];
}

function consoleFields(registration: Registration): readonly Instruction[] {
  const url = "https://developer.atlassian.com/console/myapps/";
  const app = "developer.atlassian.com > Console > My apps > your app";
  const asked = registration.scope.filter((scope) => scope !== FLAVORS.cloud.refresh_scope);
  return [
    {
      where: "developer.atlassian.com > Console > My apps > Create",
      url,
      label: "Type",
      value: "OAuth 2.0 integration",
    },
    {
      where: `${app} > Permissions`,
      url,
      label: "Scopes",
      value: asked.join(" "),
      note: "Add the Jira API (and the User identity API for read:me), then each scope. offline_access is not in any list: it is asked for in the dance.",
    },
    {
      where: `${app} > Authorization > OAuth 2.0 (3LO)`,
      url,
      label: "Callback URL",
      value: registration.redirect_uri,
      note: "One URL for each app, compared letter by letter.",
    },
    {
      where: `${app} > Distribution`,
      url,
      label: "Distribution status",
      value: "Sharing",
      note: "Until then only the app's creator can approve it.",
    },
    {
      where: `${app} > Settings`,
      url,
      label: "Client ID",
      value: registration.client_id,
      note: "Copy it from there.",
    },
    {
      where: `${app} > Settings`,
      url,
      label: "Secret",
      value: "",
      note: "Copy it from there. It is kept encrypted and not shown again.",
    },
  ];
}
