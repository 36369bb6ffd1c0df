/**
 * Texts on their way in. People are named in them as in answers, by tokens; a mention of a token becomes a mention
 * of the person again, and a text that names somebody in any other form is refused, so that what is written cannot
 * be used to try out names.
 */

import { type Asking, denied, personOf } from "./asking.ts";
import { isAccountId, namesSomeone } from "./forms.ts";

/** `[~token]` and `[~accountid:token]`, as wiki text mentions somebody. */
const MENTION = /\[~(?:accountid:)?(lk[pr]_[A-Za-z]{1,20}_[a-z0-9]{1,16}_[A-Za-z0-9_-]{22,})\]/g;
const DEEPEST = 60;

/** The text to send. */
export function admitWords(name: string, text: string, asking: Asking): string {
  if (namesSomeone(text.replaceAll(MENTION, ""))) throw named(name);
  return text.replaceAll(MENTION, (_, token: string) => {
    const person = someone(name, token, asking);
    return isAccountId(person) ? `[~accountid:${person}]` : `[~${person}]`;
  });
}

/** The Atlassian document to send: mentions by tokens, every other text naming nobody. */
export function admitDocument(name: string, document: object, asking: Asking): unknown {
  const walk = (value: unknown, depth: number): unknown => {
    if (depth > DEEPEST) throw denied(`${name} is nested too deeply.`, "Send a flatter document.");
    if (typeof value === "string") return admitWords(name, value, asking);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => walk(item, depth + 1));
    if ((value as { type?: unknown }).type === "mention") return mention(name, value, asking);
    return Object.fromEntries(
      Object.entries(value).map(([member, inner]) => {
        if (namesSomeone(member)) throw named(name);
        return [member, walk(inner, depth + 1)];
      }),
    );
  };
  if ((document as { type?: unknown }).type !== "doc")
    throw denied(`${name} is no Atlassian document.`, "Send a document or a text.");
  return walk(document, 0);
}

/** Only who is mentioned is sent; Jira fills in how they are called. */
function mention(name: string, node: object, asking: Asking): unknown {
  const id = (node as { attrs?: { id?: unknown } }).attrs?.id;
  if (typeof id !== "string") throw named(name);
  return { type: "mention", attrs: { id: someone(name, id, asking) } };
}

function someone(name: string, token: string, asking: Asking): string {
  const person = personOf(token, asking);
  if (person === undefined) throw named(name);
  return person;
}

function named(name: string) {
  return denied(`${name} names a person.`, "Name people by the tokens that stand for them in answers.");
}
