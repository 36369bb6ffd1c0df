/**
 * Sentences of Jira to its caller. They quote what was asked, people included, so only sentences that are known
 * pass, and in them only names of fields.
 */
import { vocabulary } from "./fields.ts";

const SENTENCES: ReadonlySet<string> = new Set([
  "Issue does not exist or you do not have permission to see it.",
  "Issue Does Not Exist",
  "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.",
  "Unauthorized; scope does not match",
  "Unauthorized",
  "Forbidden",
  "Not Found",
  "Rate limit exceeded.",
  "XSRF check failed",
  "Client must be authenticated to access this resource.",
  "You are not authenticated. Authentication required to perform this operation.",
]);
const ABOUT_FIELD = [
  /^Field '([A-Za-z0-9_]{1,40})' is required$/,
  /^'([A-Za-z0-9_]{1,40})' is required\.$/,
  /^Field '([A-Za-z0-9_]{1,40})' cannot be set\. It is not on the appropriate screen, or unknown\.$/,
];

/** The sentence if it is known, else a note of its length. */
export function knownMessage(sentence: string): string {
  if (sentence === "" || SENTENCES.has(sentence)) return sentence;
  for (const form of ABOUT_FIELD) {
    const field = form.exec(sentence)?.[1];
    if (field === undefined) continue;
    if (vocabulary().system.has(field) || /^customfield_\d+$/.test(field) || field === "title")
      return sentence;
  }
  return `Withheld by the policy (${sentence.length} characters).`;
}
