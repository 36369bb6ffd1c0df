/** What an issue holds, read out of its version 2 JSON in the forms JQL compares. */

import type { Issue, JiraRecord, Json } from "../world/model.ts";
import { instantOf } from "./dates.ts";

/** A field value as an object, or undefined. */
export function asRecord(value: unknown): JiraRecord | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as JiraRecord)
    : undefined;
}

/** The value of an issue's field, undefined where the issue has no such field. */
export function fieldOf(issue: Issue, id: string): Json | undefined {
  return asRecord(issue.raw.fields)?.[id];
}

/** Every name by which a person may be meant in JQL, in lower case. */
export function personKeys(value: unknown): string[] {
  const person = asRecord(value);
  if (person === undefined) return typeof value === "string" ? [value.toLowerCase()] : [];
  return textsOf(person, ["accountId", "name", "key", "emailAddress", "displayName"]);
}

/** The names of an option-like value (status, priority, version, select list entry …), in lower case. */
export function optionKeys(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap(optionKeys);
  if (typeof value === "object")
    return textsOf(value as JiraRecord, [
      "id",
      "name",
      "value",
      "key",
      "accountId",
      "emailAddress",
      "displayName",
    ]);
  const text = String(value);
  return text.startsWith("com.atlassian.greenhopper") ? sprintOf(text).keys : [text.toLowerCase()];
}

function textsOf(record: JiraRecord, names: readonly string[]): string[] {
  const found: string[] = [];
  for (const name of names) {
    const value = record[name];
    if (typeof value === "string" || typeof value === "number") found.push(String(value).toLowerCase());
  }
  return found;
}

/** A sprint, whether it is a record or the text older Jiras print: its names and its state in lower case. */
export function sprintOf(value: unknown): { keys: string[]; state: string } {
  const record = asRecord(value);
  if (record !== undefined) {
    return { keys: textsOf(record, ["id", "name"]), state: String(record.state ?? "").toLowerCase() };
  }
  const text = typeof value === "string" ? value : "";
  const part = (name: string): string => new RegExp(`[\\[,]${name}=([^,\\]]*)`).exec(text)?.[1] ?? "";
  return {
    keys: [part("id"), part("name")].filter((key) => key !== "").map((key) => key.toLowerCase()),
    state: part("state").toLowerCase(),
  };
}

/**
 * Milliseconds of a Jira timestamp (`2013-05-29T13:56:24.224+1000`), or undefined. A date without a time
 * (`2013-05-29`) is that day's midnight in `timeZone`.
 */
export function instantOfJira(value: unknown, timeZone = "UTC"): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  const day = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  if (day !== null) {
    return instantOf(
      { y: Number(day[1]), mo: Number(day[2]), d: Number(day[3]), h: 0, mi: 0, s: 0 },
      timeZone,
    );
  }
  const ms = Date.parse(value.replace(/([+-]\d{2})(\d{2})$/, "$1:$2"));
  return Number.isNaN(ms) ? undefined : ms;
}

/** Project key and number of an issue key, for ordering. */
export function keyParts(key: string): [string, number] {
  const dash = key.lastIndexOf("-");
  return dash === -1 ? [key, 0] : [key.slice(0, dash), Number(key.slice(dash + 1)) || 0];
}

/** Orders issue keys by project, then by number. */
export function compareKeys(a: string, b: string): number {
  const [projectA, numberA] = keyParts(a);
  const [projectB, numberB] = keyParts(b);
  return projectA < projectB ? -1 : projectA > projectB ? 1 : numberA - numberB;
}

/** Seconds of `2h 30m` (a week is five days, a day eight hours), or of a number of minutes; undefined for others. */
export function durationOf(text: string): number | undefined {
  if (/^\s*\d+\s*$/.test(text)) return Number(text) * 60;
  if (!/^\s*(?:\d+[wdhm]\s*)+$/.test(text)) return undefined;
  const units: Record<string, number> = { w: 144_000, d: 28_800, h: 3600, m: 60 };
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)([wdhm])/g))
    seconds += Number(amount) * (units[unit ?? ""] ?? 0);
  return seconds;
}

/** Who wrote the comments of an issue and who changed them last, with the time of it. */
export function commentAuthors(issue: Issue): { by: string[]; when: unknown }[] {
  return issue.comments.flatMap((comment) => [
    { by: personKeys(comment.author), when: comment.created },
    { by: personKeys(comment.updateAuthor), when: comment.updated },
  ]);
}

/** The comment bodies of an issue. */
export function commentBodies(issue: Issue): unknown[] {
  return issue.comments.map((comment) => comment.body);
}

/**
 * The user names of those who watch an issue or voted for it. The sandbox keeps them beside the fields; of an
 * issue that only tells a number, the reporter is taken to watch it.
 */
export function crowdOf(issue: Issue, crowd: "watchers" | "voters"): string[] {
  const kept = issue.raw[`{${crowd}}`];
  if (Array.isArray(kept)) return kept.map(String);
  if (crowd === "voters") return [];
  const count = asRecord(fieldOf(issue, "watches"))?.watchCount;
  const reporter = asRecord(fieldOf(issue, "reporter"));
  const name = reporter?.name ?? reporter?.accountId;
  return typeof count === "number" && count > 0 && typeof name === "string" ? [name] : [];
}
