/** What the questions about a connection are asked with. */
import type { Connection, Registration } from "../vault/index.ts";
import type { About, DoctorParts } from "./contract.ts";
import type { Notes } from "./notes.ts";

export type Looked = {
  readonly parts: DoctorParts;
  readonly notes: Notes;
  readonly connection: Connection;
  readonly registration: Registration;
  readonly about: Omit<About, "seen">;
};
