/** Writes the reference pages that derive from tables in the code: `node tools/docs.ts`; a test compares them. */
import { writeFileSync } from "node:fs";
import { pages } from "./reference.ts";

for (const [path, text] of Object.entries(pages()))
  writeFileSync(new URL(`../${path}`, import.meta.url), text);
