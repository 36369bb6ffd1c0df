import type { ResolvedOptions } from "../options.ts";

/** What the sandbox's identity providers remember: plain JSON, saved with the rest of the state. */
export type AuthState = Record<string, unknown>;

/** What `POST /__sandbox/registrations` and the flags ask for. */
export type Registrations = {
  readonly consumers?: ReadonlyArray<{
    readonly key: string;
    readonly public_key: string;
    readonly name?: string;
    readonly callback?: string;
  }>;
  readonly redirect_uris?: readonly string[];
  readonly scopes?: readonly string[];
};

/** The applications known out of the box, and what the options add. */
export function createAuthState(_options: ResolvedOptions): AuthState {
  return {};
}

/** Adds consumers, redirect URIs and scopes; a `TypeError` with a sentence when one of them cannot be used. */
export function register(_auth: AuthState, _asked: Registrations): void {}
