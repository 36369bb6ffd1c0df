/**
 * Every place in the database where a sealed value stands, as a table: what re-seals a vault and what carries one to
 * another database read it from here.
 */
import type { Tables } from "../store/index.ts";
import { keyIdOf, open, type Place, seal } from "./envelope.ts";
import type { Sealer } from "./tokens.ts";

/** A row as the database gives it, whatever its table. */
export type Row = Readonly<Record<string, unknown>>;

export type SealedColumn = {
  readonly table: keyof Tables & string;
  /** The column that names the row. */
  readonly key: "id" | "id_hash";
  readonly column: string;
  /** The column holds JSON, and the sealed value with its generation is one member of it. */
  readonly inside?: "sealed";
  /** The row's secret has versions, counted in its column `generation`. */
  readonly versioned: boolean;
};

export const SEALED: readonly SealedColumn[] = [
  { table: "registrations", key: "id", column: "sealed_secret", versioned: true },
  { table: "families", key: "id", column: "sealed_tokens", versioned: true },
  { table: "families", key: "id", column: "parked", inside: "sealed", versioned: true },
  { table: "attempts", key: "id", column: "sealed_secrets", versioned: false },
  { table: "webhook_endpoints", key: "id", column: "sealed_secrets", versioned: true },
  { table: "sessions", key: "id_hash", column: "sealed_data", versioned: false },
  { table: "policy_keys", key: "id", column: "sealed_key", versioned: false },
  { table: "log_keys", key: "id", column: "sealed_key", versioned: false },
  { table: "links", key: "id", column: "sealed_content", versioned: true },
  { table: "hooks", key: "id", column: "sealed_secret", versioned: false },
  { table: "dances", key: "id", column: "sealed_evidence", versioned: false },
  { table: "calls", key: "id", column: "sealed_evidence", versioned: false },
];

export function sealedColumnsOf(table: string): readonly SealedColumn[] {
  return SEALED.filter((place) => place.table === table);
}

/** The plain content of a cell; undefined where it is empty. @throws vault_unreadable */
export function openCell(keyring: Sealer["keyring"], column: SealedColumn, row: Row): string | undefined {
  const cell = row[column.column];
  if (typeof cell !== "string") return undefined;
  if (!column.inside) return open(keyring, placeOf(column, row, row.generation), cell);
  const parts = JSON.parse(cell) as Record<string, unknown>;
  const plain = open(keyring, placeOf(column, row, parts.generation), String(parts[column.inside]));
  return JSON.stringify({ ...parts, [column.inside]: plain });
}

/** The reverse of {@link openCell}: the cell's text, sealed with the current key for exactly this row. */
export function sealCell(sealer: Sealer, column: SealedColumn, row: Row, plain: string): string {
  const { keyring, random } = sealer;
  if (!column.inside) return seal(keyring, random, placeOf(column, row, row.generation), plain);
  const parts = JSON.parse(plain) as Record<string, unknown>;
  const place = placeOf(column, row, parts.generation);
  return JSON.stringify({
    ...parts,
    [column.inside]: seal(keyring, random, place, String(parts[column.inside])),
  });
}

/** Which key sealed a cell; undefined where it is empty. */
export function cellKeyId(column: SealedColumn, cell: unknown): string | undefined {
  if (typeof cell !== "string") return undefined;
  if (!column.inside) return keyIdOf(cell);
  return keyIdOf(String((JSON.parse(cell) as Record<string, unknown>)[column.inside]));
}

function placeOf(column: SealedColumn, row: Row, generation: unknown): Place {
  return {
    table: column.table,
    column: column.column,
    row: String(row[column.key]),
    owner: typeof row.owner === "string" ? row.owner : "",
    generation: column.versioned ? Number(generation) : 0,
  };
}
