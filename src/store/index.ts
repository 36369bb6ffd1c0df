/** The store: tables, transactions and the repositories over them. */

export type { CallFilter } from "./calls.ts";
export type { JoinedConnection } from "./connections.ts";
export type { ExportChange } from "./exports.ts";
export { isUniqueViolation } from "./failure.ts";
export type { FollowChange, Followed, Linked } from "./follows.ts";
export { type IdPrefix, newId } from "./id.ts";
export type { LinkChange, LinkFilter } from "./links.ts";
export { type OpenStoreOptions, openStore } from "./open.ts";
export type {
  AttemptRow,
  CallRow,
  CheckpointRow,
  ConnectionRow,
  ConnectSessionRow,
  DanceRow,
  EventRow,
  ExportRow,
  FamilyRow,
  FlavorName,
  FollowRow,
  GaugeRow,
  HandleRow,
  HookRow,
  JobRow,
  LinkRow,
  LogKeyRow,
  MetaRow,
  OutboxRow,
  PolicyKeyRow,
  RegistrationRow,
  SessionRow,
  Tables,
  TouchedRow,
  UseRow,
  UseSegmentRow,
  WebhookEndpointRow,
} from "./schema.ts";
export { schemaVersion, snapshot } from "./snapshot.ts";
export type { Store } from "./store.ts";
export { whileUnchanged } from "./unchanged.ts";
export { type LedgerReads, readLedger, type UseReads } from "./use-ledger.ts";
export { isSamePlace, type Whereabouts, whereaboutsOf } from "./whereabouts.ts";
