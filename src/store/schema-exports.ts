/** An export that the gateway makes. Its files lie on the machine that made it, never here. */
export type ExportRow = {
  id: string;
  owner: string;
  connection_id: string;
  /** As it was asked. */
  jql: string;
  format: "jsonl" | "csv" | "parquet";
  /** `raw`, or a policy's name. */
  policy: string;
  /** JSON array of kinds. */
  without: string;
  /** 1: the bytes of attachments too. */
  attachments: number;
  /** The export of which it brings what changed since. */
  since_id: string | null;
  state: "queued" | "running" | "done" | "failed" | "stopped";
  /** JSON {phase, issues, expected, per_s, left_s?, standing}, as it was last told. */
  progress: string | null;
  /** JSON {files, left_out, attachments, bytes}; null until it is done. */
  result: string | null;
  /** JSON {code, message, fix}; of a queued one, why it waits. */
  error: string | null;
  /** Times it met trouble that may pass. */
  attempts: number;
  /** Times it began again from nothing, because what was read lies on another machine. */
  begun_anew: number;
  due_at: number;
  lease_until: number | null;
  /** Grows with every claim; a writer with an older one is refused. */
  fence: number;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  /** When it and its files are removed; null until it has ended. */
  expires_at: number | null;
};
