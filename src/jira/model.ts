import type { Readable } from "node:stream";
import type { ErrorCode } from "../errors.ts";
import type { HttpHeaders } from "../http.ts";
import type { Log } from "../log.ts";
import type { Credential } from "../protocol/credential.ts";
import type { Flavor } from "../protocol/flavors.ts";
import type { Transport } from "../transport.ts";
import type { Priority } from "./gates.ts";
import type { Governor } from "./governor.ts";
import type { Json } from "./json.ts";
import type { Person } from "./people.ts";
import type {
  Attachments,
  IssueHistory,
  IssueProperties,
  RemoteLinks,
  Users,
  Worklogs,
} from "./resources.ts";
import type { RetryBudget } from "./retry-budget.ts";
import type { RichText } from "./richtext.ts";
import type { ScopeLedger } from "./scopes.ts";
import type { Standing } from "./standing.ts";
import type { FailedCall } from "./trail.ts";

export type { Json } from "./json.ts";

/** An issue in Jira's own form. `fields.description` is ADF on Cloud and wiki text on Data Center. */
export type IssueJson = Json & {
  readonly id: string;
  readonly key: string;
  readonly fields?: Readonly<Record<string, unknown>>;
};

/** Where the client gets what it signs with: the vault, or a fixed credential in a test. */
export type CredentialSource = {
  current(): Promise<Credential>;
  /**
   * A 401 named this token. Answers another credential, refreshed only if the token is still the current one;
   * throws where there is none.
   */
  rejected(token_id: string): Promise<Credential>;
};

export type JiraParts = {
  readonly flavor: Flavor;
  /** What REST paths are appended to: `{api_url}/ex/jira/{cloudId}`, or the base URL with its context path. */
  readonly api_base_url: string;
  /** The address people know the site by. */
  readonly site_url: string;
  readonly credentials: CredentialSource;
  readonly transport: Transport;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly log?: Log;
  /** Second tries left for each site; shared by all clients. Default: one of this client's own. */
  readonly budget?: RetryBudget;
  /** Whether a person waits for this client's calls. Default `interactive`. */
  readonly priority?: Priority;
  /** Lets calls go as Jira's limits allow; shared by all clients. Default: they go at once. */
  readonly governor?: Governor;
  /** The registration, whose hourly quota on Cloud all its sites share. */
  readonly app?: string;
  /** Whose bucket calls take from on Data Center: whatever names the Jira account. */
  readonly account?: string;
  /** Cloud: the scopes of the token, as its answer listed them. Calls that need others are warned of. */
  readonly granted?: readonly string[];
  /** Called before a call that the grant provably does not allow, once for each operation of a client. */
  readonly onScopeMissing?: (ledger: ScopeLedger) => void;
  /** Waits between tries; default by the clock on the wall. Rejects with the signal's reason. */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Takes every call that failed in the end, for the record; it must not throw. Default: none is recorded. */
  readonly onFailed?: (call: FailedCall) => void;
  /** Called with the status of every answer of Jira. */
  readonly onAnswer?: (status: number) => void;
};

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export type JiraRequest = {
  /** Default `GET`. */
  readonly method?: string;
  /** Path below the site's base (`/rest/api/3/issue/JJ-2`), or an absolute URL inside it. May carry a query. */
  readonly path: string;
  readonly query?: Query;
  readonly json?: unknown;
  readonly body?: string | Uint8Array;
  readonly headers?: HttpHeaders;
  /** For one try; default 15 000. */
  readonly timeout_ms?: number;
  readonly max_bytes?: number;
  /** Ends the exchange, and the wait before another one. */
  readonly signal?: AbortSignal;
  /** Default: the client's. */
  readonly priority?: Priority;
  /**
   * `attempts`: how often it is sent at most; default 4, bulk 6. `max_wait_ms`: no try begins later than that after
   * the first; default 10 000, bulk 120 000.
   */
  readonly retry?: { readonly attempts?: number; readonly max_wait_ms?: number };
  /**
   * Sending it twice does no more than sending it once: a search sent as POST, a remote link with a global id.
   * Default: true for GET, HEAD and OPTIONS, false for everything else.
   */
  readonly repeatable?: boolean;
  /** Failures that are an answer to whoever asks, and no trouble worth a record: an issue that may be absent. */
  readonly expects?: readonly ErrorCode[];
};

export type JiraAnswer = {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: Uint8Array;
  /** The body as JSON; `undefined` for an empty one. @throws jira_answer_unreadable */
  json(): unknown;
};

export type SearchOptions = {
  /** Names of fields; default the ones a list shows. `["*all"]` for everything. */
  readonly fields?: readonly string[];
  readonly expand?: readonly string[];
  /** Issues per page; default 50. */
  readonly page_size?: number;
  /** Data Center: values that name nothing find nothing, instead of being refused. Default false. */
  readonly lenient?: boolean;
};

export type SearchPage = {
  readonly issues: readonly IssueJson[];
  /** Hand it back for the next page; absent on the last. Opaque. */
  readonly next?: string;
  /** Only where Jira tells (Data Center). */
  readonly total?: number;
};

export type PageOptions = {
  readonly query?: Query;
  /** The member that holds the items; found by its shape when absent. */
  readonly items?: string;
  readonly page_size?: number;
};

export type JiraStream = {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** Not decompressed. Read it to its end, or destroy it. */
  readonly body: Readable;
};

export type FieldChoice = {
  /** Names of fields; default the ones a list shows. `["*all"]` for everything. */
  readonly fields?: readonly string[];
  readonly expand?: readonly string[];
};

/**
 * Fields in Jira's own form. Two values are brought into the form of this flavor wherever they stand: a text for
 * people as `{markdown}` or `{adf}`, and a person as `{person}`.
 */
export type FieldValues = Json;

export type NewIssue = {
  /** Project key or id. */
  readonly project: string;
  /** Issue type name or id. */
  readonly issuetype: string;
  readonly summary: string;
  readonly description?: RichText;
  /** Further fields. */
  readonly fields?: FieldValues;
};

export type IssueChange = {
  /** Jira's own `update` verbs, such as `{labels: [{add: "x"}]}`. */
  readonly update?: Json;
  /** Whether watchers get mail; default true. Only administrators may say no. */
  readonly notify?: boolean;
};

export type NewRequest = {
  readonly service_desk_id: string;
  readonly request_type_id: string;
  /** Field id to value; text stays text. */
  readonly fields: Json;
};

export type Jira = {
  readonly flavor: Flavor;
  /** One authenticated request. @throws LatchkeyError for every answer that is not 2xx, with `details.jira` */
  request(input: JiraRequest): Promise<JiraAnswer>;
  /** The same with the answer's body as a stream, of any size; sent again only until an answer begins. */
  open(input: JiraRequest): Promise<JiraStream>;
  /** `/rest/api/3` + path on Cloud, `/rest/api/2` + path on Data Center. */
  api(path: string): string;
  /** What Jira's limits leave at this site, as far as it has told. */
  standing(): Standing;
  serverInfo(): Promise<Json>;
  /** Who the credential belongs to. */
  myself(): Promise<Person>;
  issue(
    key: string,
    options?: { readonly fields?: readonly string[]; readonly expand?: readonly string[] },
  ): Promise<IssueJson>;
  search(jql: string, options?: SearchOptions & { readonly limit?: number }): AsyncIterable<IssueJson>;
  searchPage(jql: string, options?: SearchOptions & { readonly cursor?: string }): Promise<SearchPage>;
  /** Every item of a paged or plain list, whatever its style of paging. @throws page_guard */
  paginate(path: string, options?: PageOptions): AsyncIterable<Json>;
  /** How many issues a question finds; on Cloud Jira's own estimate. */
  count(jql: string): Promise<number>;
  /** Issues by id or key, a hundred a call; what does not exist or may not be seen is left out. */
  bulkFetch(ids: readonly string[], choice?: FieldChoice): AsyncIterable<IssueJson>;
  comments(key: string): AsyncIterable<Json>;
  addComment(key: string, text: RichText): Promise<Json>;
  updateComment(key: string, id: string, text: RichText): Promise<Json>;
  /** `false` where there was none. */
  deleteComment(key: string, id: string): Promise<boolean>;
  transitions(key: string): Promise<readonly Json[]>;
  transition(
    key: string,
    id: string,
    options?: { readonly fields?: FieldValues; readonly comment?: RichText },
  ): Promise<void>;
  createIssue(input: NewIssue): Promise<{ readonly id: string; readonly key: string }>;
  updateIssue(key: string, fields: FieldValues, change?: IssueChange): Promise<void>;
  /** With its subtasks. `false` where there was none. */
  deleteIssue(key: string): Promise<boolean>;
  /** `undefined`: nobody. */
  assign(key: string, person: Pick<Person, "account_id" | "name"> | undefined): Promise<void>;
  issueProperties(key: string): IssueProperties;
  remoteLinks(key: string): RemoteLinks;
  worklogs(key: string): Worklogs;
  /** Every history entry of an issue, oldest first. */
  changelog(key: string): AsyncIterable<Json>;
  /** Those of many issues, by id or key: few calls on Cloud, one for each issue on Data Center. */
  changelogs(keys: readonly string[]): AsyncIterable<IssueHistory>;
  readonly attachments: Attachments;
  readonly users: Users;
  projects(): AsyncIterable<Json>;
  /** Every field of the site, custom ones included. */
  fields(): Promise<readonly Json[]>;
  /** The issue types one may create in a project. */
  issueTypes(project: string): Promise<readonly Json[]>;
  /** The fields of the form for a new issue, each with `fieldId`. `issuetype`: name or id. */
  createMeta(project: string, issuetype: string): Promise<readonly Json[]>;
  serviceDesks(): AsyncIterable<Json>;
  requestTypes(service_desk_id: string): AsyncIterable<Json>;
  requests(): AsyncIterable<Json>;
  createRequest(input: NewRequest): Promise<Json>;
};
