// Text into pages: whatever is filled in is escaped, unless it is markup made here.
const MARKUP = Symbol("markup");
export type Markup = { readonly [MARKUP]: string };
type Filled = Markup | string | number | undefined | false | readonly Filled[];

export function html(strings: TemplateStringsArray, ...values: readonly Filled[]): Markup {
  return {
    [MARKUP]: strings
      .map((text, index) => text + (index < values.length ? textOf(values[index]) : ""))
      .join(""),
  };
}

export function textOf(value: Filled): string {
  if (value === undefined || value === false) return "";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return value.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
  return MARKUP in value ? value[MARKUP] : value.map(textOf).join("");
}
