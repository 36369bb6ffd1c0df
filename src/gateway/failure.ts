/** What went wrong, as a page: 404, 405, 500 and their like. */
import { explainFailure } from "../connect/index.ts";
import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import { plainFailurePage } from "./pages/failure.ts";
import { chromeOf, document } from "./render.ts";
import type { Ask, House } from "./visit.ts";

const TITLES: Readonly<Record<string, readonly [title: string, says: string, fix: string]>> = {
  not_found: [
    "There is nothing here",
    "The address leads nowhere, or to something that is not yours.",
    "Start from your connections.",
  ],
  method_not_allowed: [
    "That is not how this address works",
    "It answers another way of asking.",
    "Open it from its own page.",
  ],
  connect_session_over: [
    "This link to connect is over",
    "It was used before, or its time has passed. Nothing was changed.",
    "Go back to the application that gave it to you, and connect from there.",
  ],
  cross_site: [
    "That form came from elsewhere",
    "Latchkey takes forms from its own pages only. Nothing was changed.",
    "Open the page here and send the form again.",
  ],
  unauthenticated: [
    "Sign in first",
    "The application does not know who you are.",
    "Sign in there, then come back.",
  ],
  body_too_large: [
    "That is too much at once",
    "The form is larger than any form of Latchkey. Nothing was changed.",
    "Send less.",
  ],
  internal: [
    "Something went wrong inside Latchkey",
    "The fault is not yours, and nothing was half done.",
    "Try again; if it stays, give the operator the request number below.",
  ],
};

export function pageFailure(house: House, c: Ask, thrown: unknown): Response {
  const error = isLatchkeyError(thrown)
    ? thrown
    : new LatchkeyError("internal", undefined, { cause: thrown });
  const request_id = c.get("request_id") ?? "";
  if (error.code === "internal") {
    house.parts.log.error("page_failed", { request_id, path: c.req.path, error: errorText(thrown) });
  }
  const failure = explainFailure(error);
  const [title, says, fix] = TITLES[error.code] ?? [failure.title, failure.happened, failure.next.join(" ")];
  const visit = c.get("visit");
  const own = visit?.house ?? house;
  const came_by_link = error.code === "connect_session_over";
  const chrome = { ...chromeOf(own, visit?.admin ?? false), ...(came_by_link && { guest: true }) };
  const headers: Record<string, string> = { "x-request-id": request_id };
  if (error.code === "method_not_allowed") headers.allow = "GET, POST";
  const page = plainFailurePage(chrome, { title, says, fix, code: error.code, request_id });
  return document(house, chrome, page, { status: error.status, headers });
}

function errorText(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}
