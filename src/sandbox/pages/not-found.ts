import type { Face } from "../face.ts";
import type { SandboxResponse } from "../message.ts";
import { markup } from "./markup.ts";
import { page } from "./shell.ts";

/** Nothing at this address. @param home where this face begins */
export function notFoundPage(face: Face, home: string): SandboxResponse {
  return page({
    status: 404,
    title: "Not found",
    place: face === "cloud" ? "Cloud" : "Data Center",
    body: markup`<section><p>Sandbox Jira has nothing at this address.</p><p><a href="${home}">To the first page</a></p></section>`,
  });
}
