/** Tagged templates that escape, and the one way foreign text gets into them. */
import { raw, html as tagged } from "hono/html";

export { raw };

/** Finished markup. A plain string is text and gets escaped. */
export type Html = ReturnType<typeof raw>;

/** Markup in which every value that is not itself {@link Html} is escaped. Values are never promises here. */
export function html(strings: TemplateStringsArray, ...values: readonly unknown[]): Html {
  return tagged(strings, ...values) as Html;
}

/** Nothing at all, where a template needs a value. */
export const nothing: Html = html``;

/** Longer foreign text is cut: a page is read by people. */
const MAX_TEXT = 20_000;

/**
 * Text that came from elsewhere (Jira, a form, a URL) as something that is certainly text: an object in its place
 * (which a template might take for markup) becomes "", control characters and the marks that reorder writing go.
 */
export function plain(value: unknown, max = MAX_TEXT): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return "";
  const clean = value.slice(0, max + 1).replace(UNWANTED, (found) => (KEPT.includes(found) ? found : ""));
  return clean.length > max ? `${clean.slice(0, max)}…` : clean;
}

const KEPT = "\t\n\r";
const UNWANTED = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;
