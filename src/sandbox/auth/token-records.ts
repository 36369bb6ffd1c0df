/** What is remembered of tokens that people make for themselves, and of service accounts. */
import type { Face } from "../face.ts";

export type GivenToken = {
  readonly id: string;
  readonly face: Face;
  readonly user: string;
  readonly name: string;
  readonly token: string;
  /** Cloud: only with these, and only at the gateway. Absent: everything the person may do. */
  readonly scopes?: readonly string[];
  readonly created_ms: number;
  /** Absent: never, which Cloud does not give. */
  readonly expires_ms?: number;
  last_used_ms?: number;
};

/** What the state keeps of them. */
export type GivenTokens = {
  /** By the token itself. */
  made: Record<string, GivenToken>;
  /** Well-known tokens that somebody took away. */
  revoked: string[];
};

export type ServiceAccount = {
  readonly client_id: string;
  readonly client_secret: string;
  readonly name: string;
  /** The person of this sandbox whose rights it has. */
  readonly user: string;
  /** Cloud: the sites it was given. */
  readonly sites: readonly string[];
  /** Cloud's scopes; on Data Center READ or WRITE. */
  readonly scopes: readonly string[];
};
