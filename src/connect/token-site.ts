/** Where a given token is used: the base of its calls, and the registration under which its site is known here. */
import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import { bodyJson } from "../http.ts";
import { endpointsFor } from "../protocol/index.ts";
import type { Registration, RegistrationInput } from "../vault/index.ts";
import type { ConnectParts, Discovery } from "./contract.ts";
import { addressOf } from "./sites.ts";
import type { TokenInput } from "./token-contract.ts";

const CLOUD_ID = /^[A-Za-z0-9-]{1,100}$/;
const MAX_BYTES = 64 * 1024;

/**
 * The id of a Cloud site, which it tells everybody.
 * @throws LatchkeyError `not_a_jira` where it does not
 */
export async function cloudIdOf(
  parts: ConnectParts,
  base_url: string,
  trust: TokenInput["trust"],
): Promise<string> {
  const url = `${base_url.replace(/\/+$/, "")}/_edge/tenant_info`;
  const request = { method: "GET", url, headers: { accept: "application/json" } };
  const answer = bodyJson(await parts.transport.send(request, { trust, max_bytes: MAX_BYTES }));
  const cloudId = typeof answer === "object" && answer !== null && "cloudId" in answer ? answer.cloudId : "";
  // It becomes part of a path that carries the token.
  if (typeof cloudId === "string" && CLOUD_ID.test(cloudId)) return cloudId;
  throw new LatchkeyError("not_a_jira", "The site does not tell its cloud id.", {
    fix: "Type the address of the Cloud site, such as acme.atlassian.net.",
  });
}

/** Where calls with scoped tokens go: the gateway of the Cloud that the site belongs to. */
export function gatewayBase(site: Discovery): string {
  const cloud = site.registrations.find((one) => one.flavor === "cloud");
  return endpointsFor("cloud", { api_url: cloud?.api_url }).gateway_base ?? "";
}

/**
 * The registration that stands for a site to which people bring tokens: found, or made. What an operator typed may be
 * private from then on; what others typed may not, and is known to them alone.
 */
export async function siteRegistration(
  parts: ConnectParts,
  input: Pick<TokenInput, "owner" | "trust">,
  discovery: Discovery,
): Promise<Registration> {
  const { registrations } = parts.vault;
  const { base_url, deployment } = discovery.site;
  const flavor = deployment === "cloud" ? "cloud" : "datacenter-oauth2";
  const found = (await registrations.list(input.owner)).find(
    (one) =>
      one.credential === "token" &&
      one.flavor === flavor &&
      one.site_base_url !== undefined &&
      addressOf(one.site_base_url) === addressOf(base_url) &&
      (input.trust === "end-user" || one.owner === undefined),
  );
  if (found) {
    const allows = input.trust === "end-user" || found.allowance;
    return allows ? found : await registrations.update(found.id, { allowance: true });
  }
  const cloud = discovery.registrations.find((one) => one.flavor === "cloud");
  return await added(parts, {
    id: nameFor(base_url, input.trust === "operator" ? undefined : parts.random(6)),
    ...(input.trust === "end-user" && { owner: input.owner }),
    flavor,
    credential: "token",
    title: new URL(base_url).host,
    site_base_url: base_url.replace(/\/+$/, ""),
    client_id: "",
    redirect_uri: "",
    scope: [],
    allowance: input.trust === "operator",
    ...(flavor === "cloud" && cloud?.api_url !== undefined && { api_url: cloud.api_url }),
  });
}

/** Two tokens may be given at once: the second finds the registration of the first. */
async function added(parts: ConnectParts, input: RegistrationInput): Promise<Registration> {
  const { registrations } = parts.vault;
  try {
    return await registrations.add(input);
  } catch (error) {
    const there = isLatchkeyError(error) ? await registrations.find(input.id) : undefined;
    if (there?.credential === "token" && there.site_base_url === input.site_base_url) return there;
    throw error;
  }
}

/** @param chance keeps the registrations of several owners apart */
function nameFor(base_url: string, chance: Uint8Array | undefined): string {
  const { host, pathname } = new URL(base_url);
  const slug = `${host}${pathname}`.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const bare = `tokens-${slug}`.slice(0, 50).replace(/-+$/, "");
  return chance ? `${bare}-${Buffer.from(chance).toString("hex")}` : bare;
}
