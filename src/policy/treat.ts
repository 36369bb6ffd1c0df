/** What becomes of one value, by its kind and its treatment. */
import { digestDocument, documentOf, walkDocument } from "./adf.ts";
import { namesSomeone, replacePeople } from "./forms.ts";
import { guardFor } from "./guards.ts";
import { type Kind, PEOPLE, type Treatment } from "./kinds.ts";
import { knownMessage } from "./messages.ts";
import type { Pseudonyms } from "./pseudonym.ts";

/** What leaves for a value; undefined where nothing does. */
export type Leaf = (value: unknown) => unknown;
export type Tools = {
  readonly pseudonyms: Pseudonyms;
  /** What is done with a kind where no rule says otherwise; it also governs people found inside texts. */
  readonly usual: (kind: Kind) => Treatment;
};

const WORDS: ReadonlySet<Kind> = new Set<Kind>(["text", "jql", "fileName"]);
const MAY_BE_NUMBERS: ReadonlySet<Kind> = new Set<Kind>(["id", "number", "date", "duration", "version"]);
const nothing: Leaf = () => undefined;

/** The function that treats every value of a field; made once, when the policy is compiled. */
export function leafFor(kind: Kind, treatment: Treatment, tools: Tools): Leaf {
  if (treatment === "drop") return nothing;
  const one = kind === "rich" ? richLeaf(treatment, tools) : scalarLeaf(kind, treatment, tools);
  return function leaf(value: unknown): unknown {
    if (value === null) return null;
    if (!Array.isArray(value)) return one(value);
    const out: unknown[] = [];
    for (const item of value) {
      const got = Array.isArray(item) ? undefined : one(item);
      if (got !== undefined) out.push(got);
    }
    return out;
  };
}

function scalarLeaf(kind: Kind, treatment: Treatment, tools: Tools): Leaf {
  const text = textLeaf(kind, treatment, tools);
  const keeps = treatment === "keep";
  const numbers = keeps && MAY_BE_NUMBERS.has(kind);
  const booleans = keeps && kind === "boolean";
  return (value) => {
    if (typeof value === "string") return text(value);
    if (typeof value === "number") return numbers ? value : keeps ? undefined : text(String(value));
    return booleans && typeof value === "boolean" ? value : undefined;
  };
}

function textLeaf(kind: Kind, treatment: Treatment, tools: Tools): (value: string) => unknown {
  if (treatment === "pseudonymize")
    return (value) => (value === "" ? "" : tools.pseudonyms.pseudonym(kind, value));
  if (treatment === "reversible") return (value) => (value === "" ? "" : tools.pseudonyms.seal(kind, value));
  if (treatment === "digest") return digest;
  if (kind === "message") return knownMessage;
  if (kind === "url") return plainUrl;
  if (WORDS.has(kind)) return (value) => withoutPeople(value, tools);
  if (PEOPLE.has(kind)) return (value) => value;
  if (kind === "number") return (value) => (/^-?\d{1,20}(\.\d{1,20})?$/.test(value) ? value : undefined);
  const fits = guardFor(kind);
  return (value) => (value === "" || fits(value) ? value : undefined);
}

function richLeaf(treatment: Treatment, tools: Tools): Leaf {
  const leafOf = (kind: Kind, as = tools.usual(kind)) => leafFor(kind, as, tools);
  return (value) => {
    const document = documentOf(value);
    if (document !== undefined && treatment !== "digest") return walkDocument(document, treatment, leafOf);
    if (document !== undefined) return digest(digestDocument(document));
    if (typeof value !== "string") return undefined;
    return treatment === "keep" ? withoutPeople(value, tools) : digest(value);
  };
}

/** Length in UTF-16 units and the number of words. */
export function digest(value: string): { length: number; words: number } {
  return { length: value.length, words: value.match(/\S+/gu)?.length ?? 0 };
}

/** A text in which every piece with the form of a person is treated as the person would be. */
export function withoutPeople(text: string, tools: Tools): string {
  return replacePeople(text, ({ kind, value }) => {
    const treatment = tools.usual(kind);
    if (treatment === "keep") return value;
    if (treatment === "pseudonymize") return tools.pseudonyms.pseudonym(kind, value);
    return treatment === "reversible" ? tools.pseudonyms.seal(kind, value) : "";
  });
}

/** A web address without sign-in, query and fragment, unless what is left names somebody. */
export function plainUrl(value: string): string | undefined {
  const parts = /^(https?:\/\/)(?:[^/?#@]*@)?([A-Za-z0-9.-]+(?::\d{1,5})?)(\/[^?#\s]*)?(?:[?#]|$)/i.exec(
    value,
  );
  if (parts === null) return undefined;
  const plain = `${parts[1]}${parts[2]}${parts[3] ?? ""}`;
  let decoded: string;
  try {
    decoded = decodeURIComponent(plain);
  } catch {
    return undefined;
  }
  return namesSomeone(plain) || namesSomeone(decoded) ? undefined : plain;
}
