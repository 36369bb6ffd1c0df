import type { FieldProblem, Idea, RequestTarget } from "./model.ts";

const MEMBERS = new Set(
  "id title description url status resolved labels fields project issueType request".split(" "),
);
const RESOLVED =
  /^(done|closed|resolved|shipped|released|completed?|delivered|rejected|declined|archived|won'?t do)$/i;
const LONGEST_ID = 200;
const LONGEST_TITLE = 255;
const LONGEST_TEXT = 32_767;

export type IdeaRead =
  | { readonly idea: Idea; readonly problems?: undefined }
  | { readonly idea?: undefined; readonly problems: readonly FieldProblem[]; readonly id: string };

type Values = Readonly<Record<string, unknown>>;
type Say = (field: string, problem: string) => void;

const isObject = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads what claims to be an idea, and names everything that is wrong with it. */
export function readIdea(value: unknown): IdeaRead {
  const problems: FieldProblem[] = [];
  const say: Say = (field, problem) => problems.push({ field, problem });
  if (!isObject(value)) {
    return { id: "", problems: [{ field: "", problem: "An idea is a JSON object, and this is none." }] };
  }
  for (const name of Object.keys(value)) {
    if (MEMBERS.has(name) || value[name] === undefined) continue;
    say(name.slice(0, 100), `An idea has no such member; there are ${[...MEMBERS].join(", ")}.`);
  }
  word(value, "id", LONGEST_ID, say);
  if (word(value, "title", LONGEST_TITLE, say) && /[\r\n]/.test(String(value.title))) {
    say("title", "It stands on one line.");
  }
  // A request has its project and issue type from the service desk.
  if (value.request === undefined) {
    word(value, "project", 255, say);
    word(value, "issueType", 255, say);
  } else readTarget(value.request, say);
  text(value, "description", say);
  text(value, "status", say);
  if (value.url !== undefined && !isWebUrl(value.url)) say("url", "It is an absolute http or https URL.");
  if (value.resolved !== undefined && typeof value.resolved !== "boolean")
    say("resolved", "It is true or false.");
  if (value.labels !== undefined) readLabels(value.labels, say);
  if (value.fields !== undefined && !isObject(value.fields)) {
    say("fields", "It is a JSON object: values by the name or id of their field.");
  }
  if (problems.length > 0) return { id: typeof value.id === "string" ? value.id : "", problems };
  return { idea: { project: "", issueType: "", ...value } as unknown as Idea };
}

function word(value: Values, name: string, longest: number, say: Say): boolean {
  const one = value[name];
  if (typeof one !== "string" || one.trim() === "") say(name, "It is a text that is not empty.");
  else if (one.length > longest) say(name, `It has at most ${longest} characters.`);
  else return true;
  return false;
}

function text(value: Values, name: string, say: Say): void {
  const one = value[name];
  if (one === undefined) return;
  if (typeof one !== "string") say(name, "It is a text.");
  else if (one.length > LONGEST_TEXT) say(name, `It has at most ${LONGEST_TEXT} characters.`);
}

function readLabels(labels: unknown, say: Say): void {
  if (!Array.isArray(labels)) say("labels", "It is a list of texts.");
  else if (labels.some((label) => typeof label !== "string" || !/^\S{1,255}$/.test(label))) {
    say("labels", "A label is a word without spaces of at most 255 characters.");
  }
}

function readTarget(target: unknown, say: Say): void {
  if (!isObject(target)) {
    say("request", "It is a JSON object: service_desk, request_type, and perhaps on_behalf_of.");
    return;
  }
  const { service_desk, request_type, on_behalf_of, ...others } = target as Values & Partial<RequestTarget>;
  for (const [name, one] of Object.entries({ service_desk, request_type })) {
    if (typeof one !== "string" || one.trim() === "")
      say(`request.${name}`, "It is a text that is not empty.");
  }
  if (on_behalf_of !== undefined && (typeof on_behalf_of !== "string" || on_behalf_of.trim() === "")) {
    say("request.on_behalf_of", "It is an account id, a user name, or an e-mail address.");
  }
  for (const name of Object.keys(others))
    say(`request.${name.slice(0, 100)}`, "A request has no such member.");
}

function isWebUrl(value: unknown): boolean {
  return typeof value === "string" && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

/** Whether the idea is over: as it says itself, else by a status such as `done`, `shipped` or `rejected`. */
export function isResolved(idea: Idea): boolean {
  return idea.resolved ?? RESOLVED.test(idea.status?.trim() ?? "");
}
