import { describe, expect, it } from "vitest";
import { LIST_FIELDS } from "../../src/jira/search.ts";
import { all, failure, fakeJira, type Reply, type Seen } from "./fake.ts";

const item = (id: number) => ({ id: String(id), key: `A-${id}` });
const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => item(from + i));
const ids = (items: readonly unknown[]) => items.map((one) => Number((one as { id: string }).id));
const CLASSIC = { flavor: "datacenter-oauth2", base_path: "/jira" } as const;

/** A classic list of `total` items with a server-side cap. */
function classic(
  total: number,
  cap: number,
  shape: (page: Record<string, unknown>) => unknown = (page) => page,
) {
  return ({ query }: Seen): Reply => {
    const startAt = Number(query.get("startAt") ?? 0);
    const maxResults = Math.min(cap, Number(query.get("maxResults") ?? cap));
    const values = range(startAt, Math.min(total, startAt + maxResults));
    return [200, shape({ startAt, maxResults, total, isLast: startAt + values.length >= total, values })];
  };
}

describe("classic pages", () => {
  it("are walked to the end, also where the server caps the page below what was asked", async () => {
    const fake = await fakeJira(classic(23, 10));
    expect(ids(await all(fake.jira().paginate("/rest/api/3/project/search", { page_size: 1000 })))).toEqual(
      ids(range(0, 23)),
    );
    expect(fake.seen.map(({ query }) => query.get("startAt"))).toEqual([null, "10", "20"]);
  });

  it.each([
    ["isLast missing", ({ isLast: _, ...page }: Record<string, unknown>) => page],
    ["total missing", ({ total: _, ...page }: Record<string, unknown>) => page],
    ["both missing", ({ isLast: _, total: __, ...page }: Record<string, unknown>) => page],
    [
      "another name for the list",
      ({ values, ...page }: Record<string, unknown>) => ({ ...page, comments: values }),
    ],
    ["a name nobody knows", ({ values, ...page }: Record<string, unknown>) => ({ ...page, widgets: values })],
  ])("come whole with %s", async (_name, shape) => {
    const fake = await fakeJira(classic(7, 3, shape));
    expect(ids(await all(fake.jira().paginate("/rest/api/3/x")))).toEqual(ids(range(0, 7)));
  });

  it("of an empty list end at once", async () => {
    const fake = await fakeJira(classic(0, 10));
    expect(await all(fake.jira().paginate("/rest/api/3/x"))).toEqual([]);
    expect(fake.seen).toHaveLength(1);
  });

  it("skip and repeat nothing when the total shrinks meanwhile", async () => {
    let living = range(0, 10);
    const fake = await fakeJira(({ query }, count) => {
      // Between the first and the second page two items vanish from what was read already.
      if (count === 2) living = living.filter(({ id }) => id !== "1" && id !== "3");
      const startAt = Number(query.get("startAt") ?? 0);
      return [
        200,
        { startAt, maxResults: 4, total: living.length, values: living.slice(startAt, startAt + 4) },
      ];
    });
    expect(ids(await all(fake.jira().paginate("/rest/api/3/x")))).toEqual(ids(range(0, 10)));
  });

  it("skip nothing when the total shrinks before the last page", async () => {
    let living = range(0, 8);
    const fake = await fakeJira(({ query }, count) => {
      if (count === 2) living = living.slice(3);
      const startAt = Number(query.get("startAt") ?? 0);
      const values = living.slice(startAt, startAt + 5);
      return [
        200,
        {
          startAt,
          maxResults: 5,
          total: living.length,
          isLast: startAt + values.length >= living.length,
          values,
        },
      ];
    });
    expect(ids(await all(fake.jira().paginate("/rest/api/3/x"))).sort((a, b) => a - b)).toEqual(
      ids(range(0, 8)),
    );
  });

  it("are read again as far back as it takes when most of what was read has vanished", async () => {
    let living = range(0, 60);
    const fake = await fakeJira(({ query }, count) => {
      if (count === 11) living = [...living.slice(0, 1), ...living.slice(35)];
      const startAt = Number(query.get("startAt") ?? 0);
      const values = living.slice(startAt, startAt + 4);
      return [200, { startAt, maxResults: 4, total: living.length, values }];
    });
    const found = ids(await all(fake.jira().paginate("/rest/api/3/x")));
    expect(found).toEqual(ids(range(0, 60)));
  });

  it("whose total never stops shrinking are a fault", async () => {
    const fake = await fakeJira(({ query }, count) => {
      const startAt = Number(query.get("startAt") ?? 0);
      return [200, { startAt, maxResults: 1, total: 99_999 - count, values: range(startAt, startAt + 1) }];
    });
    expect((await failure(all(fake.jira().paginate("/rest/api/3/x")))).code).toBe("page_guard");
  });

  it("that promise more and bring nothing are a fault", async () => {
    const fake = await fakeJira(({ query }) => {
      const startAt = Number(query.get("startAt") ?? 0);
      return [
        200,
        { startAt, maxResults: 2, total: 9, isLast: false, values: startAt === 0 ? range(0, 2) : [] },
      ];
    });
    const error = await failure(all(fake.jira().paginate("/rest/api/3/x")));
    expect([error.code, error.details.reason]).toEqual(["page_guard", "an empty page promises more"]);
  });

  it("that are always the first page are a fault, with and without saying so", async () => {
    for (const startAt of [0, undefined]) {
      const fake = await fakeJira(() => [200, { startAt, maxResults: 2, total: 9, values: range(0, 2) }]);
      expect((await failure(all(fake.jira().paginate("/rest/api/3/x")))).code).toBe("page_guard");
      expect(fake.seen.length).toBeLessThan(6);
    }
  });

  it("that are no page are a fault", async () => {
    for (const body of [{ a: [], b: [] }, {}, "text", 5]) {
      const fake = await fakeJira(() => [200, body]);
      const error = await failure(all(fake.jira().paginate("/rest/api/3/x")));
      expect(["page_guard", "jira_answer_unreadable"]).toContain(error.code);
    }
  });

  it("may be a plain list", async () => {
    const fake = await fakeJira(() => [200, range(0, 3)]);
    expect(ids(await all(fake.jira(CLASSIC).projects()))).toEqual([0, 1, 2]);
  });

  it("carry on where the caller's own query begins", async () => {
    const fake = await fakeJira(classic(9, 4));
    expect(ids(await all(fake.jira().paginate("/rest/api/3/x", { query: { startAt: 3 } })))).toEqual(
      ids(range(3, 9)),
    );
  });
});

describe("service management pages", () => {
  it("are paged by start and limit and never by their links, which lead to another host", async () => {
    const fake = await fakeJira(({ query }) => {
      const start = Number(query.get("start") ?? 0);
      const values = range(start, Math.min(7, start + 3));
      const next = "https://site.example/rest/servicedeskapi/request?start=999";
      return [
        200,
        {
          size: values.length,
          start,
          limit: 50,
          isLastPage: start + values.length >= 7,
          _links: { next },
          values,
        },
      ];
    });
    expect(ids(await all(fake.jira().requests()))).toEqual(ids(range(0, 7)));
    expect(fake.seen.map(({ url }) => url)).toEqual([
      "/ex/jira/c1/rest/servicedeskapi/request?limit=50",
      "/ex/jira/c1/rest/servicedeskapi/request?limit=50&start=3",
      "/ex/jira/c1/rest/servicedeskapi/request?limit=50&start=6",
    ]);
  });
});

describe("token pages", () => {
  const pages =
    (list: readonly (readonly [number, string | undefined, boolean?])[]) =>
    (seen: Seen): Reply => {
      const token = seen.query.get("nextPageToken");
      const at = token === null ? 0 : list.findIndex(([, next]) => next === token) + 1;
      const [size, nextPageToken, isLast] = list[at]!;
      return [200, { issues: range(at * 100, at * 100 + size), nextPageToken, isLast }];
    };

  it("are walked to the end, with isLast and without", async () => {
    for (const last of [true, undefined]) {
      const fake = await fakeJira(
        pages([
          [2, "t1", last === undefined ? undefined : false],
          [2, "t2"],
          [1, undefined, last],
        ]),
      );
      expect(ids(await all(fake.jira().search("project = A")))).toEqual([0, 1, 100, 101, 200]);
      expect(fake.seen[0]!.query.get("fields")).toBe(LIST_FIELDS.join(","));
      expect(fake.seen[0]!.path).toBe("/ex/jira/c1/rest/api/3/search/jql");
    }
  });

  it("may be empty in between, since Jira drops what the account may not see", async () => {
    const fake = await fakeJira(
      pages([
        [2, "t1"],
        [0, "t2"],
        [0, "t3"],
        [1, undefined],
      ]),
    );
    expect(ids(await all(fake.jira().search("project = A")))).toEqual([0, 1, 300]);
  });

  it("that stay empty and promise more are a fault, and not the end", async () => {
    const fake = await fakeJira(({ query }) => [
      200,
      { issues: [], nextPageToken: `${query.get("nextPageToken") ?? ""}x` },
    ]);
    expect((await failure(all(fake.jira().search("project = A")))).code).toBe("page_guard");
    expect(fake.seen).toHaveLength(3);
  });

  it("whose token comes twice are a fault", async () => {
    const fake = await fakeJira((_seen, count) => [200, { issues: [item(count)], nextPageToken: "t" }]);
    expect((await failure(all(fake.jira().search("project = A")))).details.reason).toBe(
      "a page token came twice",
    );
    expect(fake.seen).toHaveLength(2);
  });

  it("that say there is more and name no token are a fault", async () => {
    const fake = await fakeJira(() => [200, { issues: [item(1)], isLast: false }]);
    expect((await failure(all(fake.jira().search("project = A")))).code).toBe("page_guard");
  });

  it("that expire on the way fail aloud", async () => {
    const fake = await fakeJira(({ query }) =>
      query.has("nextPageToken")
        ? [400, { errorMessages: ["token expired"], errors: {} }]
        : [200, { issues: [item(1)], nextPageToken: "t" }],
    );
    expect((await failure(all(fake.jira().search("project = A")))).code).toBe("jira_bad_request");
  });
});

describe("search", () => {
  it("pages by offset on Data Center", async () => {
    const fake = await fakeJira(({ query }) => {
      const startAt = Number(query.get("startAt"));
      return [200, { startAt, maxResults: 2, total: 5, issues: range(startAt, Math.min(5, startAt + 2)) }];
    });
    const jira = fake.jira(CLASSIC);
    expect(
      ids(await all(jira.search("project = A", { fields: ["summary"], expand: ["renderedFields"] }))),
    ).toEqual([0, 1, 2, 3, 4]);
    expect(fake.seen[0]!.path).toBe("/jira/rest/api/2/search");
    expect(fake.seen[0]!.query.get("expand")).toBe("renderedFields");
    expect(ids(await all(jira.search("project = A", { limit: 3 })))).toEqual([0, 1, 2]);
    expect(await all(jira.search("project = A", { limit: 0 }))).toEqual([]);
  });

  it("asks a long question by POST", async () => {
    const fake = await fakeJira(() => [200, { issues: [], isLast: true }]);
    const jql = `key in (${Array.from({ length: 400 }, (_, i) => `A-${i}`).join(",")})`;
    await fake.jira().searchPage(jql, { fields: ["summary"], expand: ["names", "schema"] });
    expect([fake.seen[0]!.method, JSON.parse(fake.seen[0]!.body)]).toEqual([
      "POST",
      { jql, fields: ["summary"], maxResults: 50, expand: "names,schema" },
    ]);
  });

  it("hands out one page at a time with a cursor that only its own kind of Jira takes", async () => {
    const cloud = await fakeJira(({ query }) =>
      query.get("nextPageToken") === "t1"
        ? [200, { issues: [item(2)] }]
        : [200, { issues: [item(1)], nextPageToken: "t1" }],
    );
    const first = await cloud.jira().searchPage("project = A");
    expect(first.next).toBeDefined();
    const second = await cloud.jira().searchPage("project = A", { cursor: first.next! });
    expect([ids(second.issues), second.next, second.total]).toEqual([[2], undefined, undefined]);
    const dc = await fakeJira(() => [200, { startAt: 0, maxResults: 1, total: 2, issues: [item(1)] }]);
    const page = await dc.jira(CLASSIC).searchPage("project = A", { page_size: 1 });
    expect(page.total).toBe(2);
    for (const [jira, cursor] of [
      [cloud.jira(), page.next!],
      [dc.jira(CLASSIC), first.next!],
      [dc.jira(CLASSIC), "rubbish"],
      [dc.jira(CLASSIC), Buffer.from('{"start":-1}').toString("base64url")],
      [cloud.jira(), Buffer.from("null").toString("base64url")],
    ] as const) {
      expect((await failure(jira.searchPage("project = A", { cursor }))).code).toBe("bad_request");
    }
  });
});
