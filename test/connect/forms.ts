/** Reads the forms of a page as a browser would, from plain HTML. */

export type Button = { readonly name: string | undefined; readonly value: string; readonly text: string };

export type Form = {
  readonly action: string;
  readonly method: "GET" | "POST";
  readonly id: string | undefined;
  /** What would be sent if nothing were filled in. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Every name that can be filled in, also unchecked boxes and radio buttons. */
  readonly names: readonly string[];
  /** The values a list or a group of radio buttons offers, by name. */
  readonly options: ReadonlyMap<string, readonly string[]>;
  readonly buttons: readonly Button[];
};

export function formsOf(html: string): readonly Form[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(([, head = "", body = ""]) =>
    readForm(attributesOf(head), body),
  );
}

export function titleOf(html: string): string {
  return unescapeHtml(/<title[^>]*>([\s\S]*?)<\/title>/i.exec(html)?.[1]?.trim() ?? "");
}

/** The text a person reads, roughly: without tags, styles and scripts. */
export function textOf(html: string): string {
  return unescapeHtml(
    html
      .replace(/<(style|script|template)\b[\s\S]*?<\/\1>/gi, " ")
      .replace(/<[^>]+>/g, " ")
      .replace(/\s+/g, " "),
  ).trim();
}

/** `href` of every link, as written, with its text. */
export function linksOf(html: string): readonly { readonly href: string; readonly text: string }[] {
  return [...html.matchAll(/<a\b([^>]*)>([\s\S]*?)<\/a>/gi)].flatMap(([, head = "", text = ""]) => {
    const href = attributesOf(head).get("href");
    return href === undefined ? [] : [{ href, text: textOf(text) }];
  });
}

function readForm(head: ReadonlyMap<string, string>, body: string): Form {
  const fields: [string, string][] = [];
  const names = new Set<string>();
  const options = new Map<string, string[]>();
  const buttons: Button[] = [];
  for (const [, tag = "", attributesText = "", inner = ""] of body.matchAll(CONTROLS)) {
    const attributes = attributesOf(attributesText);
    const name = attributes.get("name");
    const type = (
      attributes.get("type") ?? (tag.toLowerCase() === "button" ? "submit" : "text")
    ).toLowerCase();
    const value = attributes.get("value") ?? "";
    if (attributes.has("disabled")) continue;
    if (tag.toLowerCase() === "button" || type === "submit") {
      if (type === "submit") buttons.push({ name, value, text: textOf(inner) || value });
      continue;
    }
    if (name === undefined) continue;
    names.add(name);
    if (tag.toLowerCase() === "select") {
      const { values, chosen } = readSelect(inner);
      options.set(name, values);
      if (chosen !== undefined) fields.push([name, chosen]);
    } else if (tag.toLowerCase() === "textarea") {
      fields.push([name, unescapeHtml(inner)]);
    } else if (type === "radio" || type === "checkbox") {
      const known = options.get(name) ?? [];
      options.set(name, [...known, value || "on"]);
      if (attributes.has("checked")) fields.push([name, value || "on"]);
    } else {
      fields.push([name, value]);
    }
  }
  return {
    action: head.get("action") ?? "",
    method: (head.get("method") ?? "get").toLowerCase() === "post" ? "POST" : "GET",
    id: head.get("id"),
    fields,
    names: [...names],
    options,
    buttons,
  };
}

const CONTROLS = /<(input|select|textarea|button)\b([^>]*?)\/?>(?:([\s\S]*?)<\/\1>)?/gi;

function readSelect(inner: string): { values: string[]; chosen: string | undefined } {
  const values: string[] = [];
  let chosen: string | undefined;
  for (const [, head = "", text = ""] of inner.matchAll(
    /<option\b([^>]*)>([\s\S]*?)(?=<\/option>|<option|$)/gi,
  )) {
    const attributes = attributesOf(head);
    const value = attributes.get("value") ?? textOf(text);
    values.push(value);
    if (attributes.has("selected")) chosen = value;
  }
  return { values, chosen: chosen ?? values[0] };
}

function attributesOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, name = "", double, single, bare] of text.matchAll(
    /([^\s"'=<>/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g,
  )) {
    found.set(name.toLowerCase(), unescapeHtml(double ?? single ?? bare ?? ""));
  }
  return found;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

export function unescapeHtml(text: string): string {
  return text.replace(/&(#x[0-9a-f]+|#\d+|[a-z]+);/gi, (whole, name: string) => {
    if (name.startsWith("#x") || name.startsWith("#X"))
      return String.fromCodePoint(Number.parseInt(name.slice(2), 16));
    if (name.startsWith("#")) return String.fromCodePoint(Number(name.slice(1)));
    return ENTITIES[name.toLowerCase()] ?? whole;
  });
}
