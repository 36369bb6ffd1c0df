/** Which sites a grant reaches, and which of them is meant. */
import { LatchkeyError } from "../errors.ts";
import { type GrantedSite, listSites } from "../jira/index.ts";
import type { Credential } from "../protocol/credential.ts";
import { endpointsFor, FLAVORS } from "../protocol/flavors.ts";
import type { Transport } from "../transport.ts";
import type { Registration, SiteRef } from "../vault/index.ts";
import type { ConnectParts } from "./contract.ts";

/** The sites of a grant; one, without asking, on Data Center. */
export async function grantedSites(
  parts: ConnectParts,
  transport: Transport,
  registration: Registration,
  credential: Credential,
): Promise<readonly SiteRef[]> {
  if (registration.flavor !== "cloud") return [siteOf(registration)];
  const endpoints = endpointsFor("cloud", registration);
  const { now, random } = parts;
  const sites = await listSites({ transport, endpoints, credential, now, random });
  return sites.map(siteRefOf);
}

function siteRefOf({ id, url, name, api_base_url, deployment }: GrantedSite): SiteRef {
  return { id, url, name, api_base_url, deployment };
}

/** The one site of a Data Center registration, from the registration and never from what the server says of itself. */
function siteOf(registration: Registration): SiteRef {
  const base = registration.site_base_url?.replace(/\/+$/, "");
  if (base === undefined) {
    throw new LatchkeyError("registration_incomplete", "The registration has no base URL.", {
      details: { registration_id: registration.id, field: "site_base_url" },
    });
  }
  const title = registration.title === registration.id ? new URL(base).host : registration.title;
  return {
    id: base,
    url: base,
    name: title,
    api_base_url: base,
    deployment: FLAVORS[registration.flavor].deployment,
  };
}

/** The sites a hint names: by cloud id, or by address. Usually one or none; several are never narrowed here. */
export function sitesMatching(sites: readonly SiteRef[], hint: string): readonly SiteRef[] {
  const wanted = hint.trim().toLowerCase();
  const address = addressOf(hint);
  return sites.filter(
    (site) => site.id.toLowerCase() === wanted || (address !== undefined && addressOf(site.url) === address),
  );
}

/** Scheme, host and path of a URL as something to compare; `undefined` for what is no URL. */
export function addressOf(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text.trim()) || !URL.canParse(text.trim())) return undefined;
  const url = new URL(text.trim());
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}
