import { LatchkeyError } from "../errors.ts";
import { FLAVORS, oauth1, type oauth2 } from "../protocol/index.ts";
import { Secret } from "../secret.ts";
import { isUniqueViolation, type RegistrationRow, type Store } from "../store/index.ts";
import { open, seal } from "./envelope.ts";
import { boundedMap } from "./memory.ts";
import { registrationFrom } from "./read.ts";
import type {
  PublicKeyRecord,
  Registration,
  RegistrationInput,
  RegistrationPatch,
  Suspension,
} from "./records.ts";
import { checkAddresses } from "./registered-urls.ts";
import type { Sealer } from "./tokens.ts";

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const OWNER = /^[\x20-\x7e]{1,255}$/;

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
  /** No family dies of it; unexpired tokens keep serving unless the code is `operator`. @throws not_found */
  suspend(id: string, cause: Suspension): Promise<void>;
  /** Lifts a suspension; anything else stays as it is. */
  resume(id: string): Promise<void>;
  /** Lifts a suspension that came from a server's answer, since the server has just answered otherwise. */
  recover(id: string): Promise<void>;
  /**
   * The private key, parsed once and kept.
   * @param generation of the row where the caller has read it: spares the read while that one is kept
   * @throws not_found, registration_incomplete
   */
  signingKey(id: string, generation?: number): Promise<oauth1.SigningKey>;
  /** The same where it is open already; else `undefined`. */
  signingKeyAtOnce(id: string, generation: number): oauth1.SigningKey | undefined;
  clientSecret(id: string): Promise<Secret | undefined>;
  /** The private key as it was given. @throws registration_incomplete */
  privateKey(id: string): Promise<Secret>;
  oauth1Client(id: string): Promise<oauth1.OAuth1Client>;
  oauth2Client(id: string): Promise<oauth2.OAuth2Client>;
};

type Kept = { readonly client_secret?: Secret; readonly private_key?: Secret };
/** What was opened, for as long as the row keeps that generation. */
type Opened = Kept & { readonly generation: number; signing_key?: oauth1.SigningKey };

export function createRegistrations(parts: Sealer & { store: Store; now: () => number }): Registrations {
  const { store, now } = parts;
  const opened = boundedMap<Opened>(200);

  const place = (id: string, owner: string | null, generation: number) => ({
    table: "registrations",
    column: "sealed_secret",
    row: id,
    owner: owner ?? "",
    generation,
  });
  const rowOf = async (id: string): Promise<RegistrationRow> => {
    const row = await store.registrations.find(id);
    if (!row) throw new LatchkeyError("not_found", "There is no registration with this id.");
    return row;
  };
  const openRow = (row: RegistrationRow): Opened => {
    const known = opened.get(row.id);
    if (known?.generation === row.generation) return known;
    const kept = row.sealed_secret === null ? {} : openKept(row, row.sealed_secret);
    const made = { ...kept, generation: row.generation };
    opened.set(row.id, made);
    return made;
  };
  const openKept = (row: RegistrationRow, sealed: string): Kept => {
    const text = open(parts.keyring, place(row.id, row.owner, row.generation), sealed);
    const plain = JSON.parse(text) as Record<string, string>;
    return Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, new Secret(value)]));
  };
  const sealKept = (row: Pick<RegistrationRow, "id" | "owner" | "generation">, kept: Kept): string | null => {
    const plain = Object.fromEntries(
      Object.entries(kept).flatMap(([name, value]) => (value ? [[name, value.reveal()]] : [])),
    );
    if (Object.keys(plain).length === 0) return null;
    return seal(parts.keyring, parts.random, place(row.id, row.owner, row.generation), JSON.stringify(plain));
  };
  const signingKeyOf = (row: RegistrationRow): oauth1.SigningKey => {
    const kept = openRow(row);
    if (kept.signing_key) return kept.signing_key;
    if (!kept.private_key) throw incomplete(row.id, "private_key");
    kept.signing_key = oauth1.parsePrivateKey(kept.private_key.reveal());
    return kept.signing_key;
  };

  const signingKeyAtOnce = (id: string, generation: number): oauth1.SigningKey | undefined => {
    const known = opened.get(id);
    return known?.generation === generation ? known.signing_key : undefined;
  };

  return {
    async add(input) {
      checkInput(input);
      const at = now();
      const owner = input.owner ?? null;
      const { private_key, client_secret } = input;
      const row: RegistrationRow = {
        ...plainColumns(input),
        id: input.id,
        owner,
        flavor: input.flavor,
        credential: input.credential === undefined || input.credential === "dance" ? null : input.credential,
        sealed_secret: sealKept({ id: input.id, owner, generation: 1 }, keptFrom(client_secret, private_key)),
        public_key: private_key ? JSON.stringify(publicKeyOf(private_key)) : null,
        state: input.state ?? "active",
        suspended: null,
        generation: 1,
        created_at: at,
        updated_at: at,
      };
      if (row.state === "active") demandComplete(row, { client_secret, private_key });
      await store.registrations.insert(row).catch((thrown) => {
        if (!isUniqueViolation(thrown)) throw thrown;
        throw new LatchkeyError("bad_request", `There is a registration "${input.id}" already.`, {
          fix: "Choose another id, or change the one that is there.",
          details: { field: "id" },
        });
      });
      return registrationFrom(row);
    },
    get: async (id) => registrationFrom(await rowOf(id)),
    async find(id) {
      const row = await store.registrations.find(id);
      return row && registrationFrom(row);
    },
    list: async (owner) => (await store.registrations.list(owner)).map(registrationFrom),
    listForOperator: async () => (await store.registrations.listForOperator()).map(registrationFrom),
    update: (id, patch) =>
      store.transaction(async (tx) => {
        const row = await tx.registrations.find(id);
        if (!row) throw new LatchkeyError("not_found", "There is no registration with this id.");
        checkAddresses(patch);
        const changed = patched(row, patch);
        const renewed = patch.client_secret !== undefined || patch.private_key !== undefined;
        const old = openRow(row);
        const kept = keptFrom(patch.client_secret ?? old.client_secret, patch.private_key ?? old.private_key);
        if (row.state !== "suspended" && sameColumns(row, changed) && sameSecrets(old, kept)) {
          // When it was changed last is evidence in a death; a start that says the same again is no change.
          return registrationFrom(row);
        }
        if (renewed) {
          changed.generation = row.generation + 1;
          changed.sealed_secret = sealKept(changed, kept);
          if (patch.private_key) changed.public_key = JSON.stringify(publicKeyOf(patch.private_key));
          if (changed.state === "suspended") Object.assign(changed, { state: "active", suspended: null });
        }
        if (changed.state === "active") demandComplete(changed, kept);
        changed.updated_at = now();
        await tx.registrations.update(id, changed);
        return registrationFrom(changed);
      }),
    async remove(id) {
      const removed = await store.transaction((tx) => tx.registrations.remove(id));
      opened.remove(id);
      if (!removed) throw new LatchkeyError("not_found", "There is no registration with this id.");
    },
    async suspend(id, cause) {
      const change = { state: "suspended", suspended: JSON.stringify(cause), updated_at: now() } as const;
      if (!(await store.registrations.update(id, change))) await rowOf(id);
    },
    async resume(id) {
      const row = await rowOf(id);
      if (row.state !== "suspended") return;
      await store.registrations.update(id, { state: "active", suspended: null, updated_at: now() });
    },
    async recover(id) {
      const row = await store.registrations.find(id);
      if (row?.state !== "suspended" || row.suspended === null) return;
      if ((JSON.parse(row.suspended) as Suspension).code === "operator") return;
      await store.registrations.update(id, { state: "active", suspended: null, updated_at: now() });
    },
    signingKeyAtOnce,
    async signingKey(id, generation) {
      const known = generation === undefined ? undefined : signingKeyAtOnce(id, generation);
      return known ?? signingKeyOf(await rowOf(id));
    },
    clientSecret: async (id) => openRow(await rowOf(id)).client_secret,
    async privateKey(id) {
      const { private_key } = openRow(await rowOf(id));
      if (!private_key) throw incomplete(id, "private_key");
      return private_key;
    },
    async oauth1Client(id) {
      const row = await rowOf(id);
      return { consumer_key: row.client_id, key: signingKeyOf(row) };
    },
    async oauth2Client(id) {
      const row = await rowOf(id);
      const { client_secret } = openRow(row);
      const { client_id, redirect_uri } = row;
      return { client_id, redirect_uri, ...(client_secret && { client_secret }) };
    },
  };
}

function keptFrom(client_secret: Secret | undefined, private_key: Secret | undefined): Kept {
  return { ...(client_secret && { client_secret }), ...(private_key && { private_key }) };
}

function plainColumns(input: RegistrationInput) {
  return {
    title: input.title ?? input.id,
    site_base_url: input.site_base_url ?? null,
    cloud_sites: input.cloud_sites ?? null,
    client_id: input.client_id,
    redirect_uri: input.redirect_uri,
    terminal_redirect_uri: input.terminal_redirect_uri ?? null,
    scope: JSON.stringify(input.scope),
    auth_url: input.auth_url ?? null,
    api_url: input.api_url ?? null,
    allowance: input.allowance ? 1 : 0,
  } as const;
}

function patched(row: RegistrationRow, patch: RegistrationPatch): RegistrationRow {
  const changed = { ...row };
  for (const name of ["title", "client_id", "redirect_uri", "state"] as const) {
    const value = patch[name];
    if (value !== undefined) Object.assign(changed, { [name]: value });
  }
  for (const name of [
    "site_base_url",
    "cloud_sites",
    "auth_url",
    "api_url",
    "terminal_redirect_uri",
  ] as const) {
    const value = patch[name];
    if (value !== undefined) changed[name] = value;
  }
  if (patch.scope) changed.scope = JSON.stringify(patch.scope);
  if (patch.allowance !== undefined) changed.allowance = patch.allowance ? 1 : 0;
  if (patch.state) changed.suspended = null;
  return changed;
}

function sameColumns(a: RegistrationRow, b: RegistrationRow): boolean {
  return (Object.keys(b) as (keyof RegistrationRow)[]).every((name) => a[name] === b[name]);
}

function sameSecrets(a: Kept, b: Kept): boolean {
  return (["client_secret", "private_key"] as const).every((name) => a[name]?.reveal() === b[name]?.reveal());
}

function publicKeyOf(private_key: Secret): PublicKeyRecord {
  const { public_pem, spki_sha256, bits } = oauth1.parsePrivateKey(private_key.reveal());
  return { public_pem, spki_sha256, bits };
}

function checkInput(input: RegistrationInput): void {
  checkAddresses(input);
  if (!ID.test(input.id)) {
    throw new LatchkeyError(
      "bad_request",
      "The id of a registration is 1 to 64 letters, digits, dots, dashes.",
      {
        details: { field: "id" },
      },
    );
  }
  if (input.owner !== undefined && !OWNER.test(input.owner)) {
    throw new LatchkeyError("bad_request", "An owner is 1 to 255 printable characters.", {
      details: { field: "owner" },
    });
  }
  if (!(input.flavor in FLAVORS)) {
    throw new LatchkeyError("bad_request", `The flavor is one of ${Object.keys(FLAVORS).join(", ")}.`, {
      details: { field: "flavor" },
    });
  }
}

/** A draft may lack anything; an active registration must be able to begin a dance. */
function demandComplete(
  row: RegistrationRow,
  kept: { client_secret?: Secret | undefined; private_key?: Secret | undefined },
): void {
  const dialect = FLAVORS[row.flavor];
  if (row.credential !== null && dialect.protocol === "oauth1") throw incomplete(row.id, "flavor");
  // People bring the credential themselves: all that is known is where.
  if (row.credential === "token") {
    if (!row.site_base_url) throw incomplete(row.id, "site_base_url");
    return;
  }
  if (row.client_id === "") throw incomplete(row.id, "client_id");
  if (row.redirect_uri === "" && row.credential === null) throw incomplete(row.id, "redirect_uri");
  if (dialect.deployment === "datacenter" && !row.site_base_url) throw incomplete(row.id, "site_base_url");
  if (dialect.protocol === "oauth1" && !kept.private_key) throw incomplete(row.id, "private_key");
  if (dialect.protocol === "oauth2" && !kept.client_secret) throw incomplete(row.id, "client_secret");
}

function incomplete(id: string, field: string): LatchkeyError {
  return new LatchkeyError("registration_incomplete", `The registration "${id}" lacks its ${field}.`, {
    details: { registration_id: id, field },
  });
}
