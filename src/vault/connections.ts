import type { Connection, SiteRef } from "./records.ts";

export type ConnectionInput = {
  readonly owner: string;
  readonly family_id: string;
  readonly site: SiteRef;
  /** Default `active`. */
  readonly state?: "pending" | "active";
};

export type Connections = {
  create(input: ConnectionInput): Promise<Connection>;
  /** @throws not_found, also for another owner's */
  get(owner: string, id: string): Promise<Connection>;
  list(
    owner: string,
    filter?: { readonly registration_id?: string; readonly family_id?: string; readonly site_id?: string },
  ): Promise<Connection[]>;
  listForOperator(): Promise<Connection[]>;
  findBySite(
    owner: string,
    registration_id: string,
    site_id: string,
    account_id: string,
  ): Promise<Connection | undefined>;
  /** Puts another family under the connection, whose id stays; a family left without connections is forgotten. */
  reattach(owner: string, id: string, family_id: string): Promise<Connection>;
  /** pending -> active. */
  activate(owner: string, id: string): Promise<Connection>;
  /** Notes the last use; written at most once a minute, or when the status changes. Never throws. */
  touch(id: string, status: number): void;
  /** Forgets the family when this was its last connection. */
  remove(owner: string, id: string): Promise<void>;
  /** The family is no longer used or refreshed here, with every connection on it. */
  markExported(owner: string, id: string): Promise<void>;
};
