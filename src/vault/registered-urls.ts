/** The addresses of a registration, checked before they are kept: everything later is sent to them. */
import { LatchkeyError } from "../errors.ts";
import type { RegistrationInput } from "./records.ts";

const BASES = ["site_base_url", "auth_url", "api_url"] as const;
const REDIRECTS = ["redirect_uri", "terminal_redirect_uri"] as const;

type Addresses = Partial<
  Pick<RegistrationInput, (typeof BASES)[number] | (typeof REDIRECTS)[number] | "cloud_sites">
>;

/**
 * What is absent is not looked at; an empty redirect URI is a draft's.
 *
 * @throws LatchkeyError `bad_request` that names the field and its shape
 */
export function checkAddresses(input: Addresses): void {
  for (const field of BASES) {
    const value = input[field];
    if (value !== undefined && !isBase(value)) {
      throw refused(field, "is an http or https address without user name, query and fragment");
    }
  }
  const { cloud_sites } = input;
  if (
    cloud_sites !== undefined &&
    !(cloud_sites.includes("{name}") && isBase(cloud_sites.replace("{name}", "x")))
  ) {
    throw refused("cloud_sites", "is an http or https address with {name} where the name of the site stands");
  }
  for (const field of REDIRECTS) {
    const value = input[field];
    if (value !== undefined && value !== "" && value !== "oob" && !isRedirect(value)) {
      throw refused(field, "is a whole address without fragment, as it is registered at Jira");
    }
  }
}

function isBase(value: string): boolean {
  if (!URL.canParse(value) || /[\s?#\\]/.test(value)) return false;
  const { protocol, username, password } = new URL(value);
  return (protocol === "https:" || protocol === "http:") && username === "" && password === "";
}

/** @see RFC 6749 section 3.1.2 */
function isRedirect(value: string): boolean {
  return URL.canParse(value) && !/[\s#\\]/.test(value);
}

function refused(field: string, shape: string): LatchkeyError {
  return new LatchkeyError("bad_request", `The ${field} of a registration ${shape}.`, {
    details: { field },
    fix: `Correct ${field}; it is copied from Jira's own pages.`,
  });
}
