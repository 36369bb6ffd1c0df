/** How a connection is, in one word and one sentence. */
import { ERRORS, type ErrorCode } from "../../errors.ts";
import { type Connection, type Registration, statusOf } from "../../vault/index.ts";
import { plain } from "../html.ts";
import { day, nearby, relative, span } from "./time.ts";

export type Shape = "well" | "soon" | "dead" | "info";

export type Health = {
  readonly shape: Shape;
  /** One to three words. */
  readonly word: string;
  /** The answer to "does anything need doing?" */
  readonly sentence: string;
  /** Whether the next step is to connect again. */
  readonly reconnect: boolean;
};

/** Days before a consent ends for good that the vault, and with it every page, begins to say so. */
export const WARN_ABSOLUTE_DAYS = 60;

/** @param registration absent where it is gone or not this owner's to see */
export function healthOf(connection: Connection, now: number, registration?: Registration): Health {
  if (connection.state === "dead") return deadHealth(connection);
  if (connection.state === "exported") return EXPORTED;
  if (connection.state === "pending") return PENDING;
  if (registration?.state === "suspended") return suspendedHealth(registration);
  return endingHealth(connection, now) ?? wellHealth(connection, now);
}

const EXPORTED: Health = {
  shape: "info",
  word: "Handed over",
  sentence: "It was handed over to another holder, and is no longer used or refreshed here.",
  reconnect: true,
};

const PENDING: Health = {
  shape: "soon",
  word: "Waiting",
  sentence: "It waits for the application to take it up.",
  reconnect: false,
};

function deadHealth({ dead }: Connection): Health {
  const cause = dead?.cause ?? "";
  const known = Object.hasOwn(ERRORS, cause) ? ERRORS[cause as ErrorCode].meaning : CAUSES[cause];
  const since = dead ? ` since ${day(dead.at)}` : "";
  const meaning =
    known ?? (cause === "" ? "Jira no longer accepts it." : `The cause is ${plain(cause, 80)}.`);
  return {
    shape: "dead",
    word: "Reconnect needed",
    sentence: `It has not worked${since}. ${meaning}`,
    reconnect: true,
  };
}

/** Causes of death that are not errors of a call. */
const CAUSES: Readonly<Record<string, string>> = {
  token_revoked_or_expired: "Jira no longer takes the token: it was revoked, or has expired.",
  lost_answer: "Jira's answer to a refresh was lost, and this Jira does not give it twice.",
  idle_limit: "It was not used for so long that Jira has let it go.",
  absolute_limit: "The consent has reached its end.",
  access_expired: "The access ran out, and no refresh token came with the consent.",
  no_refresh_token: "The access ran out, and no refresh token came with the consent.",
};

function suspendedHealth(registration: Registration): Health {
  const code = registration.suspended?.code;
  const word = code && code !== "operator" ? ` Jira answered ${plain(code, 60)}.` : "";
  return {
    shape: "dead",
    word: "Suspended",
    sentence: `Its registration is suspended.${word} Your consent is not lost: it works again once the registration is corrected.`,
    reconnect: false,
  };
}

/** The next death that has a date, when it is near. */
function endingHealth(connection: Connection, now: number): Health | undefined {
  const status = statusOf(connection, now);
  if (status.kind !== "soon") return undefined;
  const { at, reason } = status;
  const sentence = {
    absolute: `The consent ends on ${day(at)}. Reconnect before then to keep it.`,
    idle: `Not renewed since ${day(connection.last_rotated_at)}. Use it once, or reconnect, to keep it.`,
    access: isGiven(connection)
      ? `The token ends on ${day(at)}. Make a new one in Jira before then, and give it here.`
      : connection.flavor === "datacenter-oauth1"
        ? `The access token ends on ${day(at)} and cannot be renewed. Reconnect before then to keep it.`
        : `No refresh token came with the consent, so it ends ${nearby(at, now)}. Reconnect, and leave offline_access among the scopes, to keep it.`,
  }[reason];
  return ending(at, now, sentence);
}

/** A person made the token in Jira; nothing but another one takes its place. */
function isGiven({ kind }: Connection): boolean {
  return kind === "personal-access-token" || kind === "api-token";
}

function ending(at: number, now: number, sentence: string): Health {
  const word = at <= now ? "Ended" : `Ends in ${span(at - now)}`;
  return { shape: at <= now ? "dead" : "soon", word, sentence, reconnect: true };
}

function wellHealth({ last_used_at, last_status, absolute_expires_at }: Connection, now: number): Health {
  if (last_used_at !== undefined && last_status !== undefined && last_status >= 500) {
    return {
      shape: "soon",
      word: "Jira is failing",
      sentence: `Jira's last answer, ${relative(last_used_at, now)}, was ${last_status}. Nothing is wrong with the connection.`,
      reconnect: false,
    };
  }
  const used = last_used_at === undefined ? "" : `Last used ${relative(last_used_at, now)}. `;
  const holds =
    absolute_expires_at === undefined ? "" : ` The consent holds until ${day(absolute_expires_at)}.`;
  return { shape: "well", word: "Well", sentence: `${used}Nothing needs doing.${holds}`, reconnect: false };
}
