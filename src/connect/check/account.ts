/** The credentials of a service account, proven by asking for a token with them. */
import type { Registration } from "../../vault/index.ts";
import type { CheckFinding, ConnectParts } from "../contract.ts";
import { firstToken } from "../service-account.ts";
import { ok } from "./findings.ts";

/** The token is thrown away: it ends by itself within the hour. */
export async function checkAccount(
  parts: ConnectParts,
  registration: Registration,
): Promise<readonly CheckFinding[]> {
  const { scope } = await firstToken(parts, registration);
  const may = scope === undefined ? "" : ` It may: ${scope.join(" ")}.`;
  return [ok("client", `Jira gives this service account a token.${may}`)];
}
