import type { Jira, JiraParts } from "./model.ts";

export function createJira(_parts: JiraParts): Jira {
  throw new Error("not built yet");
}
