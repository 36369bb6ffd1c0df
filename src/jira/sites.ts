import type { Credential } from "../protocol/credential.ts";
import type { OAuth2Endpoints } from "../protocol/flavors.ts";
import type { Transport } from "../transport.ts";
import type { Person } from "./people.ts";

export type GrantedSite = {
  /** The cloud id. */
  readonly id: string;
  /** The address people know it by. */
  readonly url: string;
  readonly name: string;
  readonly api_base_url: string;
  readonly deployment: "cloud";
  readonly scopes: readonly string[];
  readonly avatar_url?: string;
};

export type AccountParts = {
  readonly transport: Transport;
  readonly endpoints: OAuth2Endpoints;
  readonly credential: Credential;
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
};

export function listSites(_parts: AccountParts): Promise<readonly GrantedSite[]> {
  throw new Error("not built yet");
}

export function me(_parts: AccountParts): Promise<Person | undefined> {
  throw new Error("not built yet");
}
