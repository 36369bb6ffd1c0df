import type { ExportRow } from "../../store/index.ts";
import type { Kind } from "../model.ts";
import type { ExportView } from "./contract.ts";

/** An export as its owner sees it. */
export function viewOf(row: ExportRow): ExportView {
  const { id, connection_id, jql, format, policy, state, begun_anew, created_at } = row;
  const result = read<Pick<ExportView, "files" | "left_out">>(row.result);
  const progress = state === "running" || state === "queued" ? read<object>(row.progress) : undefined;
  const error = state === "failed" || state === "queued" ? read<object>(row.error) : undefined;
  return {
    ...{ id, connection_id, jql, format, policy, state, begun_anew, created_at },
    without: JSON.parse(row.without) as Kind[],
    attachments: row.attachments === 1,
    ...(row.since_id === null ? {} : { since: row.since_id }),
    ...(progress ? { progress: progress as NonNullable<ExportView["progress"]> } : {}),
    ...result,
    ...(error ? { error: error as NonNullable<ExportView["error"]> } : {}),
    ...(row.started_at === null ? {} : { started_at: row.started_at }),
    ...(row.ended_at === null ? {} : { ended_at: row.ended_at }),
    ...(row.expires_at === null ? {} : { expires_at: row.expires_at }),
  };
}

function read<T>(text: string | null): T | undefined {
  return text === null ? undefined : (JSON.parse(text) as T);
}
