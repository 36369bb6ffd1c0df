/** A process of its own: revokes a handle in the database given, and ends. */
import { openStore } from "../../src/store/index.ts";

const [url = "", owner = "", id = ""] = process.argv.slice(2);
const store = await openStore({ url, now: Date.now });
await store.handles.revoke(owner, id, Date.now());
await store.close();
