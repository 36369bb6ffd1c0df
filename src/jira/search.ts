import { LatchkeyError } from "../errors.ts";
import type { Dialect } from "../protocol/flavors.ts";
import type { Caller } from "./caller.ts";
import type { IssueJson, Jira, JiraRequest, Json, SearchOptions, SearchPage } from "./model.ts";
import { byOffset, byToken, identityOf, offsetPage, type Page, tokenPage } from "./paginate.ts";

/** What a list of issues shows. Cloud gives only the id unless fields are named. */
export const LIST_FIELDS: readonly string[] =
  "summary status issuetype project priority assignee reporter resolution created updated".split(" ");

const PAGE_SIZE = 50;
/** Longer questions go as a POST: servers and proxies cut long request lines. */
const LONGEST_QUERY = 1_500;

type Place = { readonly token: string } | { readonly start: number };

/** Issues by JQL in both styles: pages by token on Cloud, by offset on Data Center. */
export function searchResource(caller: Caller, dialect: Dialect): Pick<Jira, "search" | "searchPage"> {
  const path = caller.api(dialect.search === "token" ? "/search/jql" : "/search");

  async function readPage(jql: string, options: SearchOptions, place: Json): Promise<Json> {
    const asked = {
      jql,
      fields: options.fields ?? LIST_FIELDS,
      maxResults: options.page_size ?? PAGE_SIZE,
      ...place,
      ...(options.lenient ? { validateQuery: false } : {}),
    };
    const body = (await caller.request(requestFor(path, asked, options.expand, dialect))).json();
    if (typeof body !== "object" || body === null) {
      throw new LatchkeyError("jira_answer_unreadable", "The search answered no page.");
    }
    return body as Json;
  }

  const tokens = async (jql: string, options: SearchOptions, token: string | undefined) =>
    tokenPage(await readPage(jql, options, token === undefined ? {} : { nextPageToken: token }), "issues");
  const offsets = async (jql: string, options: SearchOptions, start: number) =>
    offsetPage(await readPage(jql, options, { startAt: start }), start, "issues");

  return {
    async *search(jql, options = {}) {
      let left = options.limit ?? Number.POSITIVE_INFINITY;
      if (left <= 0) return;
      const pages: AsyncIterable<Page<Json, unknown>> =
        dialect.search === "token"
          ? byToken((token) => tokens(jql, options, token))
          : byOffset((start) => offsets(jql, options, start), identityOf);
      for await (const { items } of pages) {
        for (const issue of items) {
          yield issue as IssueJson;
          if (--left <= 0) return;
        }
      }
    },
    async searchPage(jql, options = {}): Promise<SearchPage> {
      const place = options.cursor === undefined ? undefined : readCursor(options.cursor, dialect.search);
      const page: Page<Json, string | number> =
        dialect.search === "token"
          ? await tokens(jql, options, place && "token" in place ? place.token : undefined)
          : await offsets(jql, options, place && "start" in place ? place.start : 0);
      const { items, next, total } = page;
      // Asked for one page at a time nobody counts how often an empty page has promised more, so it is told at once.
      if (typeof next === "number" && items.length === 0) {
        throw new LatchkeyError("page_guard", undefined, {
          details: { reason: "an empty page promises more" },
        });
      }
      if (place && "token" in place && place.token === next) {
        throw new LatchkeyError("page_guard", undefined, { details: { reason: "a page token came twice" } });
      }
      return {
        issues: items as readonly IssueJson[],
        ...(next === undefined ? {} : { next: writeCursor(next) }),
        ...(total === undefined ? {} : { total }),
      };
    },
  };
}

type Asked = { readonly jql: string; readonly fields: readonly string[]; readonly maxResults: number };

function requestFor(
  path: string,
  asked: Asked,
  expand: readonly string[] | undefined,
  dialect: Dialect,
): JiraRequest {
  const long = encodeURIComponent(asked.jql).length + asked.fields.join(",").length > LONGEST_QUERY;
  const expanded = expand === undefined || expand.length === 0 ? undefined : expand.join(",");
  if (!long) return { path, query: { ...asked, fields: asked.fields.join(","), expand: expanded } };
  // Cloud takes a comma-separated string in the body too, where Data Center takes a list.
  const list = dialect.search === "token" ? expanded : expand;
  return {
    method: "POST",
    path,
    repeatable: true,
    json: { ...asked, ...(list === undefined ? {} : { expand: list }) },
  };
}

function writeCursor(next: string | number): string {
  const place: Place = typeof next === "string" ? { token: next } : { start: next };
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

function readCursor(cursor: string, style: Dialect["search"]): Place {
  const wrong = () =>
    new LatchkeyError("bad_request", "The cursor is not one that a search of this site handed out.", {
      fix: "Start the search again without a cursor.",
    });
  let place: unknown;
  try {
    place = JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    throw wrong();
  }
  if (typeof place !== "object" || place === null) throw wrong();
  const { token, start } = place as { token?: unknown; start?: unknown };
  if (style === "token" && typeof token === "string" && token !== "") return { token };
  if (style === "offset" && Number.isSafeInteger(start) && (start as number) >= 0)
    return { start: start as number };
  throw wrong();
}
