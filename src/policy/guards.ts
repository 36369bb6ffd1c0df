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
const HOST = /^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?(\/|$)/;
const LINK_WORD =
  /^([a-z][a-zA-Z]{0,40}|\d{1,20}|v?\d(\.\d)?|[A-Z][A-Z0-9_]{0,254}(-\d{1,12})?|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|customfield_\d{1,10})$/;
const ICON =
  /^(https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?)?(\/jira)?\/(images\/icons\/[a-z0-9_/-]+\.(png|svg|gif)|rest\/api\/\d\/universal_avatar\/view\/type\/(issuetype|project|priority)\/avatar\/\d+|secure\/(viewavatar|projectavatar)\?[^@\s]*)$/;
const ICON_QUERY = /^([a-z]+=(x?small|medium|large|xlarge|SVG|svg|issuetype|project|priority|\d+)&?)*$/i;

/** Whether a string may pass as this kind. Kinds of words (text, titles, names of people) have no form. */
export function fits(kind: Kind, value: string): boolean {
  const form = FORMS[kind];
  if (form !== undefined) {
    if (form.test(value)) return kind !== "key" || !/^JIRAUSER\d/.test(value);
    return kind === "color" && (COLORS.test(value) || vocabulary().words.has(value));
  }
  switch (kind) {
    case "code":
      return CODE.test(value) || vocabulary().words.has(value) || vocabulary().system.has(value);
    case "enum":
      return vocabulary().words.has(value);
    case "link":
      return isPlainLink(value);
    case "icon":
      return ICON.test(value) && ICON_QUERY.test(value.split("?")[1] ?? "");
    case "label":
    case "option":
    case "title":
      return value.length <= 255 && !namesSomeone(value);
    case "number":
    case "boolean":
      return false;
    default:
      return true;
  }
}

function isPlainLink(value: string): boolean {
  const [path = "", query] = value.split("?", 2);
  if (query !== undefined && !/^((startAt|maxResults|start|limit)=\d{1,9}&?)+$/.test(query)) return false;
  const host = HOST.exec(path);
  if (host === null && !path.startsWith("/")) return false;
  const segments = path.slice(host?.[0].length ?? 1).split("/");
  const words = vocabulary().segments;
  return (
    segments.every(
      (segment) =>
        segment === "" ||
        (LINK_WORD.test(segment) &&
          (!/^[a-z]/.test(segment) ||
            words.has(segment) ||
            /^(v\d|customfield_)/.test(segment) ||
            /\d/.test(segment[0]!) ||
            segment.length === 36)),
    ) &&
    !segments.includes("user") &&
    !segments.includes("people") &&
    !segments.some((segment) => /^JIRAUSER/.test(segment))
  );
}
