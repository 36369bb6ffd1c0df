import type { Credential, oauth1, oauth2 } from "../protocol/index.ts";
import type { Account, Dead, Family } from "./records.ts";

export type FamilyInput = {
  readonly owner: string;
  readonly registration_id: string;
  readonly scope_asked: readonly string[];
  readonly tokens: oauth2.TokenSet | oauth1.OAuth1Tokens;
  readonly account?: Account;
  readonly consented_at: number;
};

export type Families = {
  create(input: FamilyInput): Promise<Family>;
  /** @throws not_found */
  get(owner: string, id: string): Promise<Family>;
  list(owner: string): Promise<Family[]>;
  listForOperator(): Promise<Family[]>;
  setAccount(owner: string, id: string, account: Account): Promise<void>;
  /** Only an active family dies; a second cause does not overwrite the first. */
  kill(owner: string, id: string, dead: Dead): Promise<void>;
  /** Wipes the tokens; the row stays as `forgotten`. */
  forget(owner: string, id: string): Promise<void>;
  /** Credential of a family that has no connection yet (while the site is chosen). As `credentialFor`. */
  credential(owner: string, id: string): Promise<Credential>;
};
