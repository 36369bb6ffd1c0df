import { ERRORS } from "./errors.ts";
import { Secret, scrub } from "./secret.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** One JSON line per event. `event` is a short fixed name in snake_case; everything that varies is a field. */
export type Log = {
  /** `fields` as a function is called only where such lines are wanted. */
  debug(
    event: string,
    fields?: Readonly<Record<string, unknown>> | (() => Readonly<Record<string, unknown>>),
  ): void;
  info(event: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
  error(event: string, fields?: Readonly<Record<string, unknown>>): void;
  /** A log whose every line carries these fields too. */
  child(fields: Readonly<Record<string, unknown>>): Log;
};

export type LogOptions = {
  /** Takes one finished line, without the line break. */
  readonly write: (line: string) => void;
  /** Events below this level are dropped; default `info`. */
  readonly level?: LogLevel;
  /** Milliseconds since the epoch; default the system clock. */
  readonly now?: () => number;
};

const LEVELS: Readonly<Record<LogLevel, number>> = { debug: 10, info: 20, warn: 30, error: 40 };

/**
 * The log. Whatever a caller passes, a line is bounded, holds no line break, and is scrubbed twice at this one
 * place: by the name of the field at any depth, and by the value of every live secret.
 */
export function createLog(options: LogOptions): Log {
  const least = LEVELS[options.level ?? "info"];
  const now = options.now ?? Date.now;
  return within({});

  function within(carried: Readonly<Record<string, unknown>>): Log {
    const at =
      (level: LogLevel) =>
      (
        event: string,
        fields: Readonly<Record<string, unknown>> | (() => Readonly<Record<string, unknown>>) = {},
      ) => {
        if (LEVELS[level] < least) return;
        const line = { time: new Date(now()).toISOString(), level, event };
        options.write(lineOf({ ...carried, ...(typeof fields === "function" ? fields() : fields) }, line));
      };
    return {
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      child: (fields) => within({ ...carried, ...fields }),
    };
  }
}

/** Renders fields behind a fixed head; the head wins over a field of the same name. */
function lineOf(fields: Readonly<Record<string, unknown>>, head: Readonly<Record<string, string>>): string {
  const body = bounded(fields, 0, new Set()) as Record<string, unknown>;
  const line = JSON.stringify({ ...head, ...body, ...head });
  return escapeInvisible(scrub(line));
}

const PRINTED = "[secret]";
const MAX_DEPTH = 8;
const MAX_MEMBERS = 64;
const MAX_TEXT = 2_000;

/** Names that hold a secret wherever they occur in a field's name (compared in lower case without `_` and `-`). */
const SECRET_PART =
  /authorization|cookie|secret|password|passwd|token|verifier|signature|apikey|privatekey|sessionhandle|credential|assertion|jwt/;
/** Names that are a secret only as a whole word. */
const SECRET_NAME = /^(code|state|pass|pwd|sig|auth|binding|nonce|codechallenge|cloudkey|masterkey|lkkey)$/;
/** Names that only speak about a token. */
const NOT_SECRET =
  /^(tokenid|tokentype|tokenendpoint|tokenurl|tokenexpiresat|requesttokenurl|accesstokenurl)$/;
/** Words that name a cause or a stage of life where `code` and `state` are not the OAuth parameters. */
const PLAIN_CODE = /^(E[A-Z]{2,20}|(UND_)?ERR_[A-Z_]{1,60}|HPE_[A-Z_]{1,40}|[A-Z]{3,20}_[A-Z_]{1,40})$/;
const PLAIN_STATES = new Set(
  "active begun choosing connected dead done draft exchanging exported failed forgotten pending removed running suspended".split(
    " ",
  ),
);

/** Of every line of a request, and by the rules above no secrets; looked up because they are so many. */
const PLAIN_NAMES = new Set(["request_id", "route", "method", "status", "duration_ms"]);

function isSecretField(name: string, value: unknown): boolean {
  // Counts, flags and times say nothing that opens anything.
  if (value === null || value === undefined || typeof value === "number" || typeof value === "boolean") {
    return false;
  }
  if (PLAIN_NAMES.has(name)) return false;
  const bare = name.toLowerCase().replace(/[^a-z0-9]/g, "");
  if (NOT_SECRET.test(bare)) return false;
  if (
    bare === "code" &&
    typeof value === "string" &&
    (Object.hasOwn(ERRORS, value) || PLAIN_CODE.test(value))
  ) {
    return false;
  }
  if (bare === "state" && typeof value === "string" && PLAIN_STATES.has(value)) return false;
  return SECRET_NAME.test(bare) || SECRET_PART.test(bare);
}

/** A copy without secrets, cycles, functions or anything long; strings inside it are scrubbed by their form. */
function bounded(value: unknown, depth: number, above: Set<object>): unknown {
  if (typeof value === "string") return textOf(value);
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (typeof value === "function") return "[function]";
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Secret) return PRINTED;
  if (above.has(value)) return "[circular]";
  if (depth >= MAX_DEPTH) return "[deep]";
  const inside = new Set(above).add(value);
  if (value instanceof Error) return errorOf(value, depth, inside);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[date]" : value.toISOString();
  if (value instanceof URL) return textOf(value.href);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) {
    const shown = value.slice(0, MAX_MEMBERS).map((one) => bounded(one, depth + 1, inside));
    return value.length > MAX_MEMBERS ? [...shown, `[${value.length - MAX_MEMBERS} more]`] : shown;
  }
  return membersOf(value, depth, inside);
}

function membersOf(value: object, depth: number, inside: Set<object>): Record<string, unknown> {
  const entries: [string, unknown][] =
    value instanceof Map ? [...value].map(([name, one]) => [String(name), one]) : Object.entries(value);
  const out: Record<string, unknown> = Object.create(null);
  for (const [name, one] of entries.slice(0, MAX_MEMBERS)) {
    out[nameOf(name)] = isSecretField(name, one) ? PRINTED : bounded(one, depth + 1, inside);
  }
  if (entries.length > MAX_MEMBERS) out.more = entries.length - MAX_MEMBERS;
  return out;
}

/** Errors are rendered by hand: what a library hangs on them (requests, responses, options) stays out. */
function errorOf(error: Error, depth: number, inside: Set<object>): Record<string, unknown> {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  const details = (error as { details?: unknown }).details;
  return {
    name: textOf(error.name),
    ...(typeof code === "string" || typeof code === "number" ? { code: textOf(String(code)) } : {}),
    message: textOf(error.message),
    ...(details === undefined ? {} : { details: bounded(details, depth + 1, inside) }),
    ...(typeof error.stack === "string" ? { stack: textOf(error.stack) } : {}),
    ...(cause === undefined ? {} : { cause: bounded(cause, depth + 1, inside) }),
  };
}

const IN_TEXT: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{8,}/gi, `$1 ${PRINTED}`],
  [/\bOAuth\s+[a-z_]+="[^\r\n]*/gi, `OAuth ${PRINTED}`],
  [
    /\b((?:x?oauth_(?:token|token_secret|verifier|signature|session_handle)|access_token|refresh_token|id_token|client_secret|code|code_verifier|state|jwt|os_password|password)(?:=|%3D))[^&\s"'#]+/gi,
    `$1${PRINTED}`,
  ],
  [/\blk_[A-Za-z0-9_-]{20,}/g, PRINTED],
  [/\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, PRINTED],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, PRINTED],
];

/** What every form above holds somewhere: a text without it is as it is. */
const MAYBE_IN_TEXT = /bearer|basic|oauth|=|%3d|lk_|eyJ|-----/i;

function textOf(text: string): string {
  if (text.length <= MAX_TEXT && !MAYBE_IN_TEXT.test(text)) return text;
  let out = text.length > MAX_TEXT * 4 ? text.slice(0, MAX_TEXT * 4) : text;
  for (const [form, instead] of IN_TEXT) out = out.replace(form, instead);
  if (out.length <= MAX_TEXT) return out;
  // Known values go before the cut: half a secret at the end of a shortened text would not be recognised.
  return `${scrub(out).slice(0, MAX_TEXT)}… [${text.length} characters]`;
}

function nameOf(name: string): string {
  return name.length > 100 ? `${textOf(scrub(name.slice(0, MAX_TEXT))).slice(0, 100)}…` : textOf(name);
}

/** JSON leaves these as they are; terminals and line readers act on them. */
function escapeInvisible(line: string): string {
  return line.replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
