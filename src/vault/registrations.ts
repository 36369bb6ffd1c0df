import type { oauth1, oauth2 } from "../protocol/index.ts";
import type { Secret } from "../secret.ts";
import type { Registration, RegistrationInput, RegistrationPatch, Suspension } from "./records.ts";

export type Registrations = {
  /** @throws bad_request (id in use or malformed), registration_incomplete, private_key_invalid */
  add(input: RegistrationInput): Promise<Registration>;
  /** @throws not_found */
  get(id: string): Promise<Registration>;
  find(id: string): Promise<Registration | undefined>;
  /** The owner's own and the operator's. */
  list(owner: string): Promise<Registration[]>;
  listForOperator(): Promise<Registration[]>;
  /** A new secret or key lifts a suspension. @throws not_found, registration_incomplete, private_key_invalid */
  update(id: string, patch: RegistrationPatch): Promise<Registration>;
  /** Removes it with its families, connections and attempts. @throws not_found */
  remove(id: string): Promise<void>;
  /** No family dies of it; unexpired tokens keep serving unless the code is `operator`. */
  suspend(id: string, cause: Suspension): Promise<void>;
  resume(id: string): Promise<void>;
  /** The private key, parsed once and kept. @throws not_found, registration_incomplete */
  signingKey(id: string): Promise<oauth1.SigningKey>;
  clientSecret(id: string): Promise<Secret | undefined>;
  /** The private key as it was given. @throws registration_incomplete */
  privateKey(id: string): Promise<Secret>;
  oauth1Client(id: string): Promise<oauth1.OAuth1Client>;
  oauth2Client(id: string): Promise<oauth2.OAuth2Client>;
};
