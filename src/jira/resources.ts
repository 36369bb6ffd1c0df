import type { Readable } from "node:stream";
import type { Json } from "./json.ts";
import type { Person } from "./people.ts";
import type { RichText } from "./richtext.ts";

/** Any JSON under a key, kept with an issue and shown to nobody. */
export type IssueProperties = {
  keys(): Promise<readonly string[]>;
  /** `undefined` where there is none. */
  get(name: string): Promise<unknown>;
  /** Puts the whole value; sending it twice does no more than once. */
  set(name: string, value: unknown): Promise<void>;
  /** `false` where there was none. */
  delete(name: string): Promise<boolean>;
};

export type RemoteLink = {
  readonly url: string;
  readonly title: string;
  readonly summary?: string;
  /** What makes the link the same link when it is put again; at most 255 characters. */
  readonly global_id?: string;
  /** What the link means for the issue, such as `causes`. */
  readonly relationship?: string;
  readonly icon_url?: string;
  readonly icon_title?: string;
  /** Shows the link struck out. */
  readonly resolved?: boolean;
  readonly application?: { readonly type?: string; readonly name?: string };
};

export type RemoteLinks = {
  list(): Promise<readonly Json[]>;
  /** The one with this global id. */
  find(global_id: string): Promise<Json | undefined>;
  /**
   * Creates it, or replaces the one with the same global id: what is left out is emptied. `created`: it was not
   * there before.
   */
  put(link: RemoteLink): Promise<{ readonly id: string; readonly created: boolean }>;
  /** Replaces the one with Jira's own id. */
  update(id: string, link: RemoteLink): Promise<void>;
  /** By Jira's own id, or by global id. `false` where there was none. */
  delete(which: string | { readonly global_id: string }): Promise<boolean>;
};

export type NewFile = {
  readonly filename: string;
  readonly content: Uint8Array | string;
  /** Default `application/octet-stream`. */
  readonly type?: string;
};

export type Download = {
  readonly filename: string;
  readonly type: string;
  /** As Jira lists it. */
  readonly bytes: number;
  /** Read it to its end, or destroy it. */
  readonly body: Readable;
};

export type Attachments = {
  list(key: string): Promise<readonly Json[]>;
  get(id: string): Promise<Json>;
  /** The content as a stream, never whole in memory. */
  download(id: string, options?: { readonly signal?: AbortSignal }): Promise<Download>;
  /** Sends one file after another is up to the caller; these go in one request. */
  add(key: string, files: readonly NewFile[]): Promise<readonly Json[]>;
  /** `false` where there was none. */
  delete(id: string): Promise<boolean>;
};

export type NewWorklog = {
  readonly time_spent_s: number;
  /** When the work began, milliseconds since the epoch. */
  readonly started_at: number;
  readonly comment?: RichText;
};

export type Worklogs = AsyncIterable<Json> & {
  add(worklog: NewWorklog): Promise<Json>;
};

export type Users = {
  /** People whose name or address begins so; at most a thousand, as Jira allows. */
  search(text: string): AsyncIterable<Person>;
  /** By `account_id`; on Data Center the user key, or the name. @throws jira_not_found */
  get(account_id: string): Promise<Person>;
  /** Who may be assigned an issue of a project, or one issue. */
  assignable(
    where: { readonly project: string } | { readonly issue: string },
    text?: string,
  ): AsyncIterable<Person>;
};

/** A user as a value of a field: `accountId` on Cloud, `name` on Data Center. */
export type PersonValue = { readonly person: Pick<Person, "account_id" | "name"> };

export type IssueHistory = {
  /** Jira's id of the issue. */
  readonly issue_id: string;
  /** One history entry in Jira's own form. */
  readonly history: Json;
};
