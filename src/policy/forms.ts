/**
 * How people look in a text: account ids, keys, mentions, e-mail addresses, links to profiles. A bare display name
 * has no form, so text that is kept as text may still name somebody; whatever passes as a fact is held to the form
 * of its kind instead.
 */
const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const ACCOUNT = `(?:qm|ug|unknown|\\d{1,10})(?::|%3a)${UUID}(?:(?::|%3a)${UUID})?|(?<![0-9a-z])[0-9a-f]{24}(?![0-9a-z])`;
const MENTION = "\\[~[^\\]]*\\]?";
const PROFILE =
  "https?://[^\\s\"'<>|\\]]{0,300}/(?:viewprofile\\.jspa|people/|jira/people/|useravatar|user\\?|user/)[^\\s\"'<>|\\]]*";
const EMAIL = "(?:mailto:)?[^\\s<>\"'(),;:@\\[\\]|]{0,128}(?:@|%40|\\uff20)[^\\s<>\"'(),;:@\\[\\]|]+";
const USER_KEY = "(?<![0-9a-z])JIRAUSER\\d+";

const ANYONE = new RegExp(`${PROFILE}|${MENTION}|${ACCOUNT}|${USER_KEY}|${EMAIL}`, "gi");
const SOMEONE = new RegExp(ANYONE.source, "i");
/** Most texts have none of the signs without which there is no one to look for. */
const SIGN = /[@\uff20~:%]/;
const SIGNLESS = /JIRAUSER\d|[0-9a-f]{24}/i;
const SHORTEST_SIGNLESS = "JIRAUSER1".length;

function mayName(text: string): boolean {
  return SIGN.test(text) || (text.length >= SHORTEST_SIGNLESS && SIGNLESS.test(text));
}

/** Who a piece of text says somebody is. */
export type Found = {
  readonly kind: "accountId" | "userName" | "userKey" | "email" | "personLink";
  readonly value: string;
};

/** Whether a text holds something that has the form of a person. */
export function namesSomeone(text: string): boolean {
  return mayName(text) && SOMEONE.test(text);
}

/** The text with every piece that has the form of a person replaced; `replace` gives "" to leave it out. */
export function replacePeople(text: string, replace: (found: Found) => string): string {
  if (!mayName(text)) return text;
  return text.replace(ANYONE, (piece) => replace(read(piece)));
}

function read(piece: string): Found {
  if (piece.startsWith("[~")) {
    const name = piece.slice(2).replace(/\]$/, "");
    return /^accountid:/i.test(name)
      ? { kind: "accountId", value: name.slice("accountid:".length) }
      : { kind: "userName", value: name };
  }
  if (/^https?:/i.test(piece)) return { kind: "personLink", value: piece };
  if (/^JIRAUSER\d+$/i.test(piece)) return { kind: "userKey", value: piece };
  if (/@|%40|\uff20/.test(piece)) return { kind: "email", value: piece.replace(/^mailto:/i, "") };
  return { kind: "accountId", value: piece.replaceAll(/%3a/gi, ":") };
}

const ACCOUNT_ID = new RegExp(`^(?:${ACCOUNT})$`, "i");

/** Whether a whole value is an account id of Cloud. */
export function isAccountId(value: string): boolean {
  return ACCOUNT_ID.test(value);
}
