/** The sites of the sandbox. */
import type { Face } from "../face.ts";

/** Cloud ids never change: applications store them. */
export const cloudIds: Readonly<Record<string, string>> = {
  acme: "11223344-a1b2-4c3d-8e5f-66778899aabb",
  globex: "55667788-b1c2-4d3e-9f60-aabbccddeeff",
};

export type Place = { readonly id: string; readonly face: Face; readonly title: string };

export const places: readonly Place[] = [
  { id: "acme", face: "cloud", title: "Acme" },
  { id: "globex", face: "cloud", title: "Globex" },
  { id: "datacenter", face: "datacenter", title: "Sandbox Jira" },
];
