import type { Secret } from "../secret.ts";
import type { Attempt, AttemptInput } from "./records.ts";

export type Settlement = {
  readonly step: "choosing" | "done" | "failed";
  readonly family_id?: string;
  readonly connection_id?: string;
  readonly error?: { readonly code: string } & Readonly<Record<string, unknown>>;
};

export type Attempts = {
  begin(input: AttemptInput): Promise<Attempt>;
  /** Also finds attempts that are expired or used, so that the page can say which. */
  findByState(registration_id: string, state: string): Promise<Attempt | undefined>;
  findByRequestToken(registration_id: string, oauth_token: string): Promise<Attempt | undefined>;
  /** @throws not_found */
  get(owner: string, id: string): Promise<Attempt>;
  /** begun -> exchanging, once: of any number of callers one gets the attempt, the others undefined. */
  take(id: string): Promise<Attempt | undefined>;
  settle(id: string, settlement: Settlement): Promise<void>;
  /** choosing -> done, once. */
  takeChoice(owner: string, id: string): Promise<Attempt | undefined>;
  /** Compares in constant time. */
  boundTo(attempt: Attempt, binding: Secret | undefined): boolean;
  /** Wipes the secrets of expired attempts, forgets families nobody chose a site for, removes what is a day old. */
  sweep(): Promise<number>;
};
