/** The store: tables, transactions and the repositories over them. */

export type { JoinedConnection } from "./connections.ts";
export { isUniqueViolation } from "./failure.ts";
export { type IdPrefix, newId } from "./id.ts";
export type { LinkChange, LinkFilter } from "./links.ts";
export { type OpenStoreOptions, openStore } from "./open.ts";
export type {
  AttemptRow,
  CheckpointRow,
  ConnectionRow,
  ConnectSessionRow,
  DanceRow,
  EventRow,
  FamilyRow,
  FlavorName,
  GaugeRow,
  HandleRow,
  JobRow,
  LinkRow,
  LogKeyRow,
  MetaRow,
  OutboxRow,
  PolicyKeyRow,
  RegistrationRow,
  SessionRow,
  Tables,
  UseRow,
  UseSegmentRow,
  WebhookEndpointRow,
} from "./schema.ts";
export { schemaVersion, snapshot } from "./snapshot.ts";
export type { Store } from "./store.ts";
export { whileUnchanged } from "./unchanged.ts";
export { type LedgerReads, readLedger, type UseReads } from "./use-ledger.ts";
export { isSamePlace, type Whereabouts, whereaboutsOf } from "./whereabouts.ts";
