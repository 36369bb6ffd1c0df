/** Comments of an issue. */

import { empty } from "../message.ts";
import { type Issue, type JiraRecord, type Json, nextId } from "../world/model.ts";
import {
  bodyObject,
  type Call,
  isObject,
  issueParam,
  listed,
  ok,
  type Row,
  signedIn,
  timestamp,
} from "./call.ts";
import { author, beginEdit } from "./edits.ts";
import { slice } from "./page.ts";
import { personOf } from "./people.ts";
import { badFields, forbidden, notFound } from "./refuse.ts";
import { HIDDEN_DOCUMENTS, partOf } from "./render.ts";
import { htmlOf, richTextIn, richTextOut } from "./rich-fields.ts";

const USUAL = 100;
const MOST = 5000;
const LONGEST = 32_767;

/** One comment in the language of the version. */
export function commentJson(call: Call, issue: Issue, comment: JiraRecord, html = false): JiraRecord {
  const shown = partOf(call, issue, comment);
  if (comment.body !== undefined && !(issue.loaded && !call.adf))
    shown.body = richTextOut(call, comment.body, comment[HIDDEN_DOCUMENTS]);
  if (html) shown.renderedBody = htmlOf(call, comment.body, comment[HIDDEN_DOCUMENTS]);
  if (call.site.face === "cloud" && !issue.loaded && shown.jsdPublic === undefined) {
    const request = call.site.requests[issue.id];
    shown.jsdPublic = request === undefined ? true : !request.internalComments.includes(String(comment.id));
  }
  return shown;
}

/** A comment that was read and found right, not yet added. */
export type NewComment = {
  readonly wiki: string;
  readonly document: Json | undefined;
  readonly visibility?: JiraRecord;
};

/** Reads a comment that is being written. */
export function readComment(call: Call, body: JiraRecord): NewComment {
  signedIn(call);
  return {
    ...commentText(call, body),
    ...(isObject(body.visibility) ? { visibility: body.visibility } : {}),
  };
}

/** Adds a comment; the caller has already been found able to see the issue. */
export function addComment(call: Call, issue: Issue, text: NewComment): JiraRecord {
  beginEdit(call, issue);
  const id = nextId(call.site, "comment");
  const now = timestamp(call.now);
  const comment: JiraRecord = {
    self: `{base}/rest/api/2/issue/${issue.id}/comment/${id}`,
    id,
    author: author(call),
    body: text.wiki,
    updateAuthor: author(call),
    created: now,
    updated: now,
    ...(text.visibility === undefined ? {} : { visibility: text.visibility }),
    ...(text.document === undefined ? {} : { [HIDDEN_DOCUMENTS]: text.document }),
  };
  issue.comments.push(comment);
  tell(call, issue, comment, "created");
  return comment;
}

/** A comment is told of twice: as itself, and as a change of its issue. */
function tell(call: Call, issue: Issue, comment: JiraRecord, what: "created" | "updated" | "deleted"): void {
  const shown = commentJson({ ...call, adf: false, version: "2" }, issue, comment);
  const names = {
    created: "issue_commented",
    updated: "issue_comment_edited",
    deleted: "issue_comment_deleted",
  };
  call.happenings.push(
    { event: `comment_${what}`, issue, comment: shown },
    { event: "jira:issue_updated", typeName: names[what], issue, comment: shown },
  );
}

function commentText(call: Call, body: JiraRecord): { wiki: string; document: Json | undefined } {
  if (body.body === undefined || body.body === null || body.body === "") {
    throw badFields({ comment: "Comment body can not be empty!" });
  }
  const text = richTextIn(call, body.body, "comment", "Comment body is not valid!");
  if (text.wiki.trim() === "" && text.document === undefined) {
    throw badFields({ comment: "Comment body can not be empty!" });
  }
  if (text.wiki.length > LONGEST) {
    throw badFields({
      comment: `The entered text is too long. It exceeds the allowed limit of ${LONGEST.toLocaleString("en-US")} characters.`,
    });
  }
  return text;
}

function found(call: Call): { issue: Issue; comment: JiraRecord } {
  const issue = issueParam(call);
  const comment = issue.comments.find((one) => String(one.id) === call.params.comment);
  if (comment === undefined) throw notFound(`Can not find a comment for the id: ${call.params.comment}.`);
  return { issue, comment };
}

function mayWrite(call: Call, comment: JiraRecord): void {
  const user = signedIn(call);
  const writer = isObject(comment.author) ? personOf(call.world, comment.author) : undefined;
  if (user.admin || writer === undefined || writer.name === user.name) return;
  throw forbidden("You do not have the permission to edit this comment.");
}

function ordered(call: Call, comments: readonly JiraRecord[]): readonly JiraRecord[] {
  const order = call.query.get("orderBy") ?? "created";
  return order.startsWith("-") ? [...comments].reverse() : comments;
}

export const commentRows: readonly Row[] = [
  [
    "GET",
    "/rest/api/{version}/issue/{issue}/comment",
    (call) => {
      const issue = issueParam(call);
      const html = listed(call, "expand").includes("renderedBody");
      const page = slice(call, ordered(call, issue.comments), USUAL, MOST);
      return ok({
        startAt: page.startAt,
        maxResults: page.maxResults,
        total: page.total,
        comments: page.items.map((comment) => commentJson(call, issue, comment, html)),
      });
    },
  ],
  [
    "POST",
    "/rest/api/{version}/issue/{issue}/comment",
    (call) => {
      const issue = issueParam(call);
      return ok(commentJson(call, issue, addComment(call, issue, readComment(call, bodyObject(call)))), 201);
    },
  ],
  [
    "GET",
    "/rest/api/{version}/issue/{issue}/comment/{comment}",
    (call) => {
      const { issue, comment } = found(call);
      return ok(commentJson(call, issue, comment, listed(call, "expand").includes("renderedBody")));
    },
  ],
  [
    "PUT",
    "/rest/api/{version}/issue/{issue}/comment/{comment}",
    (call) => {
      const { issue, comment } = found(call);
      mayWrite(call, comment);
      const text = commentText(call, bodyObject(call));
      beginEdit(call, issue);
      comment.body = text.wiki;
      delete comment[HIDDEN_DOCUMENTS];
      if (text.document !== undefined) comment[HIDDEN_DOCUMENTS] = text.document;
      comment.updateAuthor = author(call);
      comment.updated = timestamp(call.now);
      tell(call, issue, comment, "updated");
      return ok(commentJson(call, issue, comment));
    },
  ],
  [
    "DELETE",
    "/rest/api/{version}/issue/{issue}/comment/{comment}",
    (call) => {
      const { issue, comment } = found(call);
      mayWrite(call, comment);
      beginEdit(call, issue);
      issue.comments = issue.comments.filter((one) => one !== comment);
      tell(call, issue, comment, "deleted");
      return empty(204);
    },
  ],
];
