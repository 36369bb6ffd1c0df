/** What is taken and given where no dance is danced: a person hands over a token, or an application is somebody itself. */
import type { GivenTokenKind } from "../protocol/index.ts";
import type { Secret } from "../secret.ts";
import type { Connection } from "../vault/index.ts";

export type TokenInput = {
  readonly owner: string;
  /** The address of the Jira, as a person types it. */
  readonly site: string;
  readonly token: Secret;
  /** Default: the kind that the site takes. */
  readonly kind?: GivenTokenKind;
  /** Cloud: the address of the account the token belongs to. */
  readonly email?: string;
  /** When it ends, milliseconds since the epoch, as Jira told its maker: there is a warning before. */
  readonly expires_at?: number;
  /** As for `discover`; `operator` also lets a private Jira be reached from then on. */
  readonly trust: "end-user" | "operator";
  /** The connection whose token this takes the place of; its id stays. */
  readonly reconnect?: string;
  /** A reconnect may be with another account than before. Default false. */
  readonly confirm_account?: boolean;
};

export type ServiceAccountInput = {
  readonly owner: string;
  /** A registration whose credential is `service-account`. */
  readonly registration_id: string;
  /** The site that is meant, where the account reaches several. */
  readonly site?: string;
  readonly reconnect?: string;
  readonly confirm_account?: boolean;
};

export type Given = {
  readonly connection: Connection;
  /** The connection existed before and keeps its id. */
  readonly reconnected: boolean;
};
