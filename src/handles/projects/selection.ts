/** Asks for the project of every issue, and shows no more than what the caller asked for. */
export type Fields = readonly string[] | undefined;

export type Selection = {
  /** The fields to ask for; undefined: as the caller did, which is all of them. */
  readonly asked: Fields;
  /** The answer as the caller asked for it. */
  readonly shown: (json: unknown) => unknown;
};

/**
 * @param given The fields a caller names; undefined where it names none.
 * @param ids_only Whether the API answers nothing but ids then; others answer every field.
 */
export function withProject(given: Fields, ids_only = false): Selection {
  const fields = (given ?? []).map((one) => one.trim()).filter((one) => one !== "");
  const everything = fields.some((one) => one === "*all" || one === "*navigable");
  const wanted = fields.includes("project") || (everything && !fields.includes("-project"));
  const without = fields.filter((one) => one !== "-project" && one !== "project");
  if (given === undefined || fields.length === 0) {
    return ids_only
      ? { asked: ["project"], shown: withoutProject }
      : { asked: undefined, shown: (json) => json };
  }
  return { asked: [...without, "project"], shown: (json) => (wanted ? json : withoutProject(json)) };
}

function withoutProject(json: unknown): unknown {
  if (typeof json !== "object" || json === null) return json;
  const { issues } = json as { issues?: unknown };
  return Array.isArray(issues) ? { ...json, issues: issues.map(bare) } : bare(json);
}

function bare(issue: unknown): unknown {
  if (typeof issue !== "object" || issue === null) return issue;
  const { fields } = issue as { fields?: unknown };
  if (typeof fields !== "object" || fields === null) return issue;
  const { project: _, ...rest } = fields as Record<string, unknown>;
  const { fields: __, ...others } = issue as Record<string, unknown>;
  return Object.keys(rest).length === 0 ? others : { ...others, fields: rest };
}
