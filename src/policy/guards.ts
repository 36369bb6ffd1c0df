/**
 * The form a value must have to pass as what its field is said to be. This is what keeps a person out who stands
 * where the documents promise an id, a date or one of a few words.
 */
import { vocabulary } from "./fields.ts";
import { namesSomeone } from "./forms.ts";
import type { Kind } from "./kinds.ts";

const FORMS: Partial<Record<Kind, RegExp>> = {
  id: /^(-?\d{1,20}(, ?\d{1,20})*|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/,
  key: /^[A-Z][A-Z0-9_]{0,254}(-\d{1,12})?$/,
  date: /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?( ?(Z|[+-]\d\d:?\d\d))?)?$|^\d{9,14}$|^\d{1,2}\/[A-Z][a-z]{2}\/\d\d(\d\d)?$/,
  duration: /^-?\d{1,9}$|^-?\d{1,6}(\.\d{1,4})?[wdhm]( -?\d{1,6}(\.\d{1,4})?[wdhm])*$/,
  mime: /^(application|audio|font|image|message|model|multipart|text|video)\/[a-z0-9][a-z0-9.+-]{0,80}$/i,
  color: /^#[0-9a-f]{3,8}$|^(ghx-label-)?\d{1,2}$/i,
  version: /^\d{1,6}(\.\d{1,6}){0,3}(-(SNAPSHOT|QR|rc|beta|m)\d*)?$/,
};

/** Customfield ids, and the types that apps give their fields: a reverse domain and a word. */
const CODE =
  /^(customfield_\d{1,10}|(com|org|net|io)\.(atlassian|pyxis)\.[a-zA-Z.-]{1,80}:[a-z0-9-]{1,60}|\d{1,10})$/;
const COLORS =
  /^(blue|green|yellow|red|purple|teal|grey|gray|orange|brown|medium|warm|cool|dark|light|default|inverse|success|removed|moved|new|inprogress)([-_ ](blue|green|yellow|red|purple|teal|grey|gray|orange|brown|inverse))?$/i;

/** A link may name things by words of the interface, ids and keys; anything else in it could be somebody. */
const HOST = /^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?(?=\/|\?|$)/;
const LINK_FACT =
  /^(v?\d{1,20}(\.\d)?|[A-Z][A-Z0-9_]{0,254}(-\d{1,12})?|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|customfield_\d{1,10})$/;
const LINK_QUERY = /^((startAt|maxResults|start|limit)=\d{1,9}(&|$))+$/;
const ICON =
  /^(\/jira)?\/(images\/icons\/[a-z0-9_/-]+\.(png|svg|gif)|rest\/api\/\d\/universal_avatar\/view\/type\/(issuetype|project|priority)\/avatar\/\d+|secure\/(viewavatar|projectavatar))$/;
const ICON_QUERY = /^([a-z]+=(x?small|medium|large|xlarge|SVG|svg|issuetype|project|priority|\d+)&?)*$/i;

/** Whether a string may pass as this kind. Kinds of words (text, titles, names of people) have no form. */
export function fits(kind: Kind, value: string): boolean {
  let guard = guards.get(kind);
  if (guard === undefined) {
    guard = guardFor(kind);
    guards.set(kind, guard);
  }
  return guard(value);
}

type Guard = (value: string) => boolean;
const guards = new Map<Kind, Guard>();

/** The test a kind's values must pass, made once so that a walker need not look it up. */
export function guardFor(kind: Kind): Guard {
  const { words, system } = vocabulary();
  const form = FORMS[kind];
  switch (kind) {
    case "key":
      return (value) => form!.test(value) && !/^JIRAUSER\d/.test(value);
    case "color":
      return (value) => form!.test(value) || COLORS.test(value) || words.has(value);
    case "code":
      return (value) => words.has(value) || system.has(value) || CODE.test(value);
    case "enum":
      return (value) => words.has(value);
    case "link":
      return isPlainLink;
    case "icon":
      return isIcon;
    case "label":
    case "option":
    case "title":
      return (value) => value.length <= 255 && !namesSomeone(value);
    case "number":
    case "boolean":
      return () => false;
    default:
      return form === undefined ? () => true : (value) => form.test(value);
  }
}

function isIcon(value: string): boolean {
  const query = value.indexOf("?");
  const base = query < 0 ? value : value.slice(0, query);
  if (!iconBases.has(base)) {
    const at = startOfPath(base);
    if (at < 0 || !ICON.test(at === 0 ? base : base.slice(at))) return false;
    remember(iconBases, base);
  }
  return query < 0 || ICON_QUERY.test(value.slice(query + 1));
}

/** What was found to be plain: the pictures of a site are few, and its links lie in few places. */
const iconBases = new Set<string>();
const linkPlaces = new Set<string>();
const REMEMBERED = 2000;
const LONGEST_REMEMBERED = 300;

function remember(found: Set<string>, text: string): void {
  if (text.length > LONGEST_REMEMBERED) return;
  if (found.size >= REMEMBERED) found.clear();
  found.add(text);
}

/** All but the last segment is looked up where it was seen before: `https://…/rest/api/2/status`. */
function isPlainLink(value: string): boolean {
  const last = value.lastIndexOf("/");
  if (last > 0 && linkPlaces.has(value.slice(0, last))) {
    const segment = value.slice(last + 1);
    if (isNumber(segment) || isPlainSegment(segment)) return true;
  }
  if (!isPlainFrom(value)) return false;
  if (last > 0 && value.indexOf("?") < 0 && startOfPath(value) < last)
    remember(linkPlaces, value.slice(0, last));
  return true;
}

/** Most links end in an id; this is faster than a form. */
function isNumber(text: string): boolean {
  if (text.length === 0 || text.length > 20) return false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 48 || code > 57) return false;
  }
  return true;
}

function isPlainFrom(value: string): boolean {
  const query = value.indexOf("?");
  if (query >= 0 && !LINK_QUERY.test(value.slice(query + 1))) return false;
  const end = query < 0 ? value.length : query;
  let at = startOfPath(value);
  if (at < 0 || at > end) return false;
  const { segments } = vocabulary();
  while (at < end) {
    if (value[at] !== "/") return false;
    const next = value.indexOf("/", at + 1);
    const stop = next < 0 || next > end ? end : next;
    const segment = value.slice(at + 1, stop);
    if (segment !== "" && !segments.has(segment) && !isPlainSegment(segment)) return false;
    at = stop;
  }
  return true;
}

/** The links of a page are of one site: the last address that was read is mostly the next. */
let lastHost = "\n";

function startOfPath(value: string): number {
  if (value.startsWith("/")) return 0;
  if (value.startsWith(lastHost) && value[lastHost.length] === "/") return lastHost.length;
  const host = HOST.exec(value)?.[0];
  if (host === undefined) return -1;
  lastHost = host;
  return host.length;
}

function isPlainSegment(segment: string): boolean {
  return LINK_FACT.test(segment) && !segment.startsWith("JIRAUSER");
}
