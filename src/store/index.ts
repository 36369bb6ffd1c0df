/** The store: tables, transactions and the repositories over them. */

export type { JoinedConnection } from "./connections.ts";
export { isUniqueViolation } from "./failure.ts";
export { type IdPrefix, newId } from "./id.ts";
export { type OpenStoreOptions, openStore } from "./open.ts";
export type {
  AttemptRow,
  ConnectionRow,
  DanceRow,
  EventRow,
  FamilyRow,
  FlavorName,
  HandleRow,
  JobRow,
  MetaRow,
  PolicyKeyRow,
  RegistrationRow,
  SessionRow,
  Tables,
  UseRow,
} from "./schema.ts";
export { schemaVersion, snapshot } from "./snapshot.ts";
export type { Store } from "./store.ts";
export { isSamePlace, type Whereabouts, whereaboutsOf } from "./whereabouts.ts";
