/** A piece of HTML whose text was escaped where it was put in. */
export type Markup = { readonly html: string };
type Piece = string | number | Markup | readonly Markup[] | undefined | false;

/** Builds HTML from a template; every value that is not markup itself is escaped. */
export function markup(strings: TemplateStringsArray, ...values: readonly Piece[]): Markup {
  let html = strings[0] ?? "";
  values.forEach((value, index) => {
    html += render(value) + (strings[index + 1] ?? "");
  });
  return { html };
}

function render(value: Piece): string {
  if (value === undefined || value === false) return "";
  if (typeof value === "string") return escapeHtml(value);
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return value.map((piece: Markup) => piece.html).join("");
  return (value as Markup).html;
}

/** Makes text safe inside HTML and inside quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
