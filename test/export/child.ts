/** An export in a process of its own, to be killed: `node child.ts WAY REQUEST`, both as JSON. */
import { runExport } from "../../src/export/index.ts";
import { clientOf } from "./client.ts";

const [way = "", request = ""] = process.argv.slice(2);
const { jira, close } = clientOf(JSON.parse(way));
await runExport({ jira, site_url: "https://acme.example", now: Date.now }, JSON.parse(request));
await close();
