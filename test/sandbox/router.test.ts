import { expect, test } from "vitest";
import { createRouter } from "../../src/sandbox/router.ts";

const routes = (...list: Array<[string, string]>) =>
  createRouter(list.map(([method, pattern]) => ({ method, pattern, handler: `${method} ${pattern}` })));

test("text beats a parameter and a parameter beats the rest, whatever the order", () => {
  const find = routes(["GET", "/a/{rest*}"], ["GET", "/a/{id}"], ["GET", "/a/b"], ["GET", "/{any}"]);
  expect(find("GET", "/a/b")).toMatchObject({ handler: "GET /a/b" });
  expect(find("GET", "/a/c")).toMatchObject({ handler: "GET /a/{id}", params: { id: "c" } });
  expect(find("GET", "/a/c/d/e")).toMatchObject({ handler: "GET /a/{rest*}", params: { rest: "c/d/e" } });
  expect(find("GET", "/z")).toMatchObject({ handler: "GET /{any}", params: { any: "z" } });
  expect(find("GET", "/")).toBeUndefined();
  expect(find("GET", "/z/z")).toBeUndefined();
});

test("a parameter is percent-decoded, the rest is kept raw, and bad encoding matches no parameter", () => {
  const find = routes(["GET", "/a/{id}"], ["GET", "/r/{rest*}"]);
  expect(find("GET", "/a/x%2Fy%20z")).toMatchObject({ params: { id: "x/y z" } });
  expect(find("GET", "/r/x%2Fy/%zz")).toMatchObject({ params: { rest: "x%2Fy/%zz" } });
  expect(find("GET", "/a/%zz")).toBeUndefined();
  expect(find("GET", "/a/")).toBeUndefined();
});

test("a trailing slash is another path", () => {
  const find = routes(["GET", "/a/b"], ["GET", "/c/"]);
  expect(find("GET", "/a/b/")).toBeUndefined();
  expect(find("GET", "/c")).toBeUndefined();
  expect(find("GET", "/c/")).toMatchObject({ handler: "GET /c/" });
});

test("a path without the method tells the methods it has; HEAD is answered by GET, * answers all", () => {
  const find = routes(["GET", "/a"], ["POST", "/a"], ["*", "/b"]);
  expect(find("DELETE", "/a")).toEqual({ allowed: ["GET", "POST"] });
  expect(find("HEAD", "/a")).toMatchObject({ handler: "GET /a" });
  expect(find("PROPFIND", "/b")).toMatchObject({ handler: "* /b" });
});
