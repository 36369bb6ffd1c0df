/** Files in their final form, made from what was read. */
import { createHash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { Json } from "../jira/index.ts";
import type { ExportedFile, Format } from "./model.ts";
import type { Cell, Table } from "./tables.ts";

export type Piece = { readonly rows: number; readonly bytes: Buffer };
type Written = Pick<ExportedFile, "rows" | "bytes" | "sha256">;

/** Rows held before they are written. */
const BATCH = 500;
/** Rows of a row group: small enough that one is never much in memory. */
const ROW_GROUP = 2_000;
/** The column of a Parquet file that holds the whole row, nothing left out. */
const WHOLE = "json";

/** Writes one file, fsynced. @param table for CSV and Parquet */
export async function writeFile(
  path: string,
  format: Format,
  pieces: AsyncIterable<Piece>,
  table: () => Table,
): Promise<Written> {
  if (format === "jsonl") return writeLines(path, pieces);
  return format === "csv" ? writeCsv(path, pieces, table()) : writeParquet(path, pieces, table());
}

async function writeLines(path: string, pieces: AsyncIterable<Piece>): Promise<Written> {
  let count = 0;
  return digested(path, async (put) => {
    for await (const { rows, bytes } of pieces) {
      count += rows;
      await put(bytes);
    }
    return count;
  });
}

/** @see RFC 4180, with line feeds; cells that a spreadsheet would reckon with begin with an apostrophe */
async function writeCsv(path: string, pieces: AsyncIterable<Piece>, table: Table): Promise<Written> {
  const { stringify } = await import("csv-stringify/sync");
  const text = (cell: Cell) => (cell instanceof Date ? cell.toISOString() : cell);
  return digested(path, async (put) => {
    let count = 0;
    let held: (string | number | null)[][] = [table.columns.map(({ name }) => name)];
    const flush = async () => {
      if (held.length > 0) await put(Buffer.from(stringify(held, { escape_formulas: true })));
      held = [];
    };
    for await (const row of rowsIn(pieces)) {
      for (const cells of table.rowsOf(row)) {
        held.push(cells.map(text));
        count++;
      }
      if (held.length >= BATCH) await flush();
    }
    await flush();
    return count;
  });
}

async function writeParquet(path: string, pieces: AsyncIterable<Piece>, table: Table): Promise<Written> {
  const { fileWriter, parquetWriteRows } = await import("hyparquet-writer");
  const names = unique([...table.columns.map(({ name }) => name), WHOLE]);
  const types = { string: "STRING", number: "DOUBLE", time: "TIMESTAMP" } as const;
  let count = 0;
  async function* rows() {
    for await (const row of rowsIn(pieces)) {
      const whole = JSON.stringify(row);
      for (const cells of table.rowsOf(row)) {
        count++;
        yield Object.fromEntries(names.map((name, at) => [name, at < cells.length ? cells[at] : whole]));
      }
    }
  }
  await parquetWriteRows({
    writer: fileWriter(path),
    rows: rows(),
    columns: names.map((name, at) => ({ name, type: types[table.columns[at]?.type ?? "string"] })),
    rowGroupSize: ROW_GROUP,
    createdBy: "latchkey",
  });
  const file = await open(path, "r+");
  await file.sync();
  await file.close();
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return { rows: count, bytes: statSync(path).size, sha256: hash.digest("hex") };
}

/** Two fields may have one name. */
function unique(names: readonly string[]): string[] {
  return names.map((name, at) => (names.indexOf(name) === at ? name : `${name} ${at + 1}`));
}

async function digested(
  path: string,
  write: (put: (bytes: Buffer) => Promise<void>) => Promise<number>,
): Promise<Written> {
  const hash = createHash("sha256");
  const file: FileHandle = await open(path, "w", 0o600);
  let size = 0;
  try {
    const rows = await write(async (bytes) => {
      hash.update(bytes);
      size += bytes.length;
      await file.writeFile(bytes);
    });
    await file.sync();
    return { rows, bytes: size, sha256: hash.digest("hex") };
  } finally {
    await file.close();
  }
}

async function* rowsIn(pieces: AsyncIterable<Piece>): AsyncGenerator<Json> {
  for await (const { bytes } of pieces)
    for (const line of bytes.toString().split("\n")) if (line !== "") yield JSON.parse(line) as Json;
}
