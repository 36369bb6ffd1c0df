/** Which texts are e-mail addresses, with or without a name before them. */

export type Email = {
  /** As it is written, quotation marks included. */
  readonly local: string;
  /** As it is written, upper case kept. */
  readonly domain: string;
};

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const QUOTED = '"(?:[^"\\\\\\r\\n]|\\\\[^\\r\\n])*"';
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const ADDRESS = new RegExp(`^(${ATOM}(?:\\.${ATOM})*|${QUOTED})@((?:${LABEL}\\.)+${LABEL})$`);
/** Longer texts are no address. */
const LONGEST = 1000;

/**
 * Reads `alana@example.com`, `Alana Grant <alana@example.com>` and `"Grant, Alana" <alana@example.com>`; a remark in
 * parentheses behind the address is passed over. A domain of one label, or in brackets, is none.
 */
export function emailOf(text: string): Email | undefined {
  if (text.length > LONGEST) return undefined;
  const plain = text.trim().replace(/ *\([^()]*\)$/, "");
  const bracketed = plain.endsWith(">") ? plain.slice(plain.lastIndexOf("<") + 1, -1).trim() : plain;
  if (plain.endsWith(">") && !plain.includes("<")) return undefined;
  const found = ADDRESS.exec(bracketed);
  return found ? { local: found[1]!, domain: found[2]! } : undefined;
}

/** The addresses of a header such as `To`; a comma inside quotation marks parts nothing. */
export function addressesOf(header: string): string[] {
  const parts: string[] = [];
  let from = 0;
  let quoted = false;
  let bracketed = false;
  for (let i = 0; i < header.length; i++) {
    const sign = header[i];
    if (sign === '"' && header[i - 1] !== "\\") quoted = !quoted;
    else if (!quoted && sign === "<") bracketed = true;
    else if (!quoted && sign === ">") bracketed = false;
    else if (!quoted && !bracketed && sign === ",") {
      parts.push(header.slice(from, i));
      from = i + 1;
    }
  }
  return [...parts, header.slice(from)].map((part) => part.trim()).filter((part) => part !== "");
}
