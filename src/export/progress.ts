import type { ExportParts, ExportProgress } from "./model.ts";

export type Meter = {
  read(issues: number): void;
  phase(phase: ExportProgress["phase"]): void;
};

/** Tells how far an export is. @param before issues that were read before this process began */
export function createMeter(parts: ExportParts, expected: number, before: number): Meter {
  const began = parts.now();
  let issues = before;
  let phase: ExportProgress["phase"] = "reading";
  const tell = () => {
    const seconds = Math.max(0.001, (parts.now() - began) / 1000);
    const per_s = (issues - before) / seconds;
    const left = Math.max(0, expected - issues);
    parts.onProgress?.({
      ...{ phase, issues, expected, per_s },
      ...(per_s > 0 ? { left_s: left / per_s } : {}),
      standing: parts.jira.standing(),
    });
  };
  tell();
  return {
    read(more) {
      issues += more;
      tell();
    },
    phase(next) {
      phase = next;
      tell();
    },
  };
}
