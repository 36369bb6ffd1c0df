import type { ExportView } from "../../export/index.ts";
import type { Shape } from "./health.ts";

const STATES: Readonly<Record<ExportView["state"], { readonly shape: Shape; readonly word: string }>> = {
  queued: { shape: "soon", word: "Waiting" },
  running: { shape: "soon", word: "Running" },
  done: { shape: "well", word: "Done" },
  failed: { shape: "dead", word: "Failed" },
  stopped: { shape: "dead", word: "Stopped" },
};

export const exportState = (state: ExportView["state"]) => STATES[state];

const whole = (value: number) => Math.round(value).toLocaleString("en-US");

/** How far it is, in a sentence for each thing that is known. */
export function progressWords({
  phase,
  issues,
  expected,
  per_s,
  left_s,
  standing,
}: NonNullable<ExportView["progress"]>): string[] {
  const quota = standing.quotas.find(({ remaining }) => remaining !== undefined);
  return [
    phase === "writing"
      ? "Writing the files."
      : phase === "reconciling"
        ? "Looking for what was deleted."
        : "",
    `${whole(issues)} of ${whole(Math.max(issues, expected))} issues read, ${whole(per_s)} a second.`,
    left_s === undefined || left_s < 1 ? "" : `About ${lasting(left_s)} to go.`,
    quota
      ? `Jira's quota: ${whole(quota.remaining ?? 0)}${quota.limit ? ` of ${whole(quota.limit)}` : ""} left.`
      : "",
    standing.bucket
      ? `Jira's bucket: ${whole(standing.bucket.remaining)} of ${whole(standing.bucket.limit)} left.`
      : "",
    standing.closed[0] ? `Jira asks to wait ${whole(standing.closed[0].retry_after_s)} s.` : "",
  ].filter(Boolean);
}

function lasting(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5_400 ? `${Math.ceil(seconds / 60)} minutes` : `${(seconds / 3_600).toFixed(1)} hours`;
}

/** `1.4 MB` */
export function bytesWords(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
