/**
 * Latchkey as a library.
 *
 * @see docs/library.md
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type ComposeOptions, compose, gatewayPartsOf, type Parts } from "./compose.ts";
import { environment, loadConfig, type ReachTable } from "./config/index.ts";
import { createGateway } from "./gateway/index.ts";
import type { Jira, Priority } from "./jira/index.ts";
import type { PolicyDocument } from "./policy/index.ts";
import type { Idea, Push, PushOptions, PushResult } from "./push/index.ts";
import type { Connection, RegistrationInput } from "./vault/index.ts";

export { ERRORS, type ErrorCode, isLatchkeyError, LatchkeyError } from "./errors.ts";
export {
  type IssueJson,
  type Jira,
  type JiraRequest,
  markdownOf,
  type NewFile,
  type NewIssue,
  type Person,
  plainText,
  type RemoteLink,
  type RichText,
  type Standing,
} from "./jira/index.ts";
export type { PolicyDocument } from "./policy/index.ts";
export type {
  Difference,
  Idea,
  LinkView,
  Push,
  PushOptions,
  PushProblem,
  PushResult,
} from "./push/index.ts";
export { Secret, secret } from "./secret.ts";
export type { Connection, Registration, RegistrationInput } from "./vault/index.ts";

export type LatchkeyOptions = {
  /** Directory of database, key and configuration file. Default `~/.latchkey`, or `LATCHKEY_HOME`. */
  readonly home?: string;
  /** Default: an SQLite file in the home directory. */
  readonly databaseUrl?: string;
  /** Where the handler is reachable, path included where it is mounted below one. Default `http://localhost:8080`. */
  readonly publicUrl?: string;
  /** Your product's name, as people see it on the connect page. */
  readonly application?: string;
  /** Your own user or tenant behind a request; `undefined` refuses it. Default: everyone is `local`. */
  readonly owner?: (request: Request) => string | undefined | Promise<string | undefined>;
  /** Put into the vault at start; an existing one with the same id is brought up to date. */
  readonly registrations?: readonly RegistrationInput[];
  /** Policies by name, beside those of the policies directory: what a handle may name as `policy`. */
  readonly policies?: Readonly<Record<string, PolicyDocument>>;
  /**
   * How single sites are reached, by origin: `{ "https://jira.corp.example": { ca_file, client_certificate_file,
   * client_key_file, http_proxy, … } }`. In place of the `[reach]` tables of the configuration file.
   */
  readonly reach?: Readonly<Record<string, ReachTable>>;
  /** Origins a person may be sent back to after connecting. */
  readonly returnOrigins?: readonly string[];
  /**
   * Whether what runs by itself runs in this process: keep-alive, warnings, a look at the sites, tidying up. Default
   * true; false where another process on the same store does it.
   */
  readonly jobs?: boolean;
  /** Where log lines go. Default: nowhere. */
  readonly log?: (line: string) => void;
};

export type Latchkey = {
  /** Pages, API and proxy as one function; mount it in any framework. */
  readonly handler: (request: Request) => Promise<Response>;
  /** The same for node:http, with a faster path for the proxy; takes the path as it was sent, mount path included. */
  readonly listener: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
  readonly connect: Parts["connect"];
  readonly connections: Parts["vault"]["connections"];
  /** Links by which your product sends a user to connect; what comes back is redeemed for that user. */
  readonly connectSessions: Pick<
    Parts["connectSessions"],
    "create" | "reconnectLink" | "get" | "list" | "redeem"
  >;
  /** Addresses that are told of events; your own owner's id names whose. */
  readonly webhooks: Parts["webhooks"];
  readonly registrations: Parts["vault"]["registrations"];
  readonly handles: Parts["handles"];
  /**
   * The authenticated client of a connection; it belongs to `owner`, `local` unless given. `priority: "bulk"` for
   * work that nobody waits for; default `interactive`.
   */
  jira(connection_id: string, owner?: string, options?: { readonly priority?: Priority }): Promise<Jira>;
  /** Ideas into Jira, and the links between the two. */
  readonly push: Push;
  /** One connection of `owner`, `local` unless given, and what is done over it. @throws not_found */
  connection(id: string, owner?: string): Promise<ConnectionFace>;
  close(): Promise<void>;
};

export type ConnectionFace = Connection & {
  /** Makes the idea an issue, or brings its issue up to date. The same idea again changes nothing. */
  push(idea: Idea, options?: PushOptions): Promise<PushResult>;
  /** Its authenticated client. */
  jira(options?: { readonly priority?: Priority }): Promise<Jira>;
};

/**
 * Opens the vault and wires everything. Options win over the environment, which wins over the file.
 *
 * @throws LatchkeyError `config_invalid` with every problem listed, `key_missing`, `key_wrong`, `home_unwritable`
 */
export async function createLatchkey(options: LatchkeyOptions = {}): Promise<Latchkey> {
  const config = loadConfig({ env: environment(), flags: flagsOf(options) });
  const policies = Object.entries(options.policies ?? {}).map(([name, document]) => ({ name, document }));
  const composing: ComposeOptions = { policies, ...(options.log ? { write: options.log } : {}) };
  const parts = await compose(config, composing);
  for (const registration of options.registrations ?? []) await upsert(parts, registration);
  const gateway = createGateway({
    ...gatewayPartsOf(parts),
    ...(options.owner ? { owner: options.owner } : {}),
  });
  if (options.jobs !== false) await parts.jobs.start();
  return {
    handler: (request) => gateway.fetch(request),
    listener: gateway.listener,
    connect: parts.connect,
    connections: {
      ...parts.vault.connections,
      // What was registered at Jira for it is taken back before its token is gone.
      remove: async (owner, id) => void (await parts.connect.disconnect(owner, id)),
    },
    connectSessions: parts.connectSessions,
    webhooks: parts.webhooks,
    registrations: parts.vault.registrations,
    handles: parts.handles,
    jira: (connection_id, owner = "local", options = {}) => parts.jiraFor(owner, connection_id, options),
    push: parts.push,
    async connection(id, owner = "local") {
      const connection = await parts.vault.connections.get(owner, id);
      return {
        ...connection,
        push: (idea, wish) => parts.push.push(owner, id, idea, wish),
        jira: (wish) => parts.jiraFor(owner, id, wish),
      };
    },
    close: () => parts.close(),
  };
}

function flagsOf(options: LatchkeyOptions): Record<string, unknown> {
  const flags: Record<string, unknown> = {};
  if (options.home !== undefined) flags.home = options.home;
  if (options.databaseUrl !== undefined) flags.database_url = options.databaseUrl;
  if (options.publicUrl !== undefined) flags.public_url = options.publicUrl;
  if (options.application !== undefined) flags.application = options.application;
  if (options.reach !== undefined) flags.reach = options.reach;
  if (options.returnOrigins !== undefined) flags.return_origins = [...options.returnOrigins];
  return flags;
}

async function upsert(parts: Parts, input: RegistrationInput): Promise<void> {
  const known = input.id === undefined ? undefined : await parts.vault.registrations.find(input.id);
  if (known) await parts.vault.registrations.update(known.id, input);
  else await parts.vault.registrations.add(input);
}
