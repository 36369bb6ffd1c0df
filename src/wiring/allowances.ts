/** Which private addresses the outward door may reach, as the vault's registrations say. */
import { isLatchkeyError } from "../errors.ts";
import { type Store, whileUnchanged } from "../store/index.ts";
import type { Allowance } from "../transport.ts";
import type { Registration, Vault } from "../vault/index.ts";

/** The last answer stands in where the database is away: what was allowed a moment ago still is. */
export function remembered<T extends object>(store: Store, read: () => Promise<T>): () => T | Promise<T> {
  let last: { readonly value: T } | undefined;
  const kept = whileUnchanged<T>(store);
  // Known, it is given at once: a proxied call waits for nothing it need not wait for.
  return () => kept.known("") ?? asked();

  async function asked(): Promise<T> {
    try {
      last = { value: await kept("", read) };
    } catch (thrown) {
      if (!last || !isLatchkeyError(thrown) || thrown.code !== "store_failed") throw thrown;
    }
    return last.value;
  }
}

/** What operators have allowed to be private: exactly the addresses of their own registrations. */
export async function allowancesOf(vault: Vault | undefined): Promise<readonly Allowance[]> {
  const registrations = (await vault?.registrations.listForOperator()) ?? [];
  return registrations.filter((registration) => registration.allowance).flatMap(allowancesOfOne);
}

function allowancesOfOne(registration: Registration): Allowance[] {
  const { site_base_url, auth_url, api_url, cloud_sites } = registration;
  const sites = cloud_sites?.replace(/\{name\}.*$/, "");
  return [site_base_url, auth_url, api_url, sites].flatMap((text) => {
    if (!text || !URL.canParse(text)) return [];
    const url = new URL(text);
    return [{ origin: url.origin, base_path: url.pathname }];
  });
}
