/** All causes the doctor knows, in the order in which their signs are tried: the more particular before the general. */
import type { Row } from "../contract.ts";
import { CLOUD } from "./cloud.ts";
import { CLOUD_MORE } from "./cloud-more.ts";
import { DATA_CENTER } from "./datacenter.ts";
import { KEYS } from "./keys.ts";
import { MACHINE } from "./machine.ts";
import { OAUTH1 } from "./oauth1.ts";

export const ROWS: readonly Row[] = [...KEYS, ...CLOUD_MORE, ...CLOUD, ...OAUTH1, ...DATA_CENTER, ...MACHINE];
