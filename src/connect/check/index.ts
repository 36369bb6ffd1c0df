/** Proves what can be proven of a registration before the first person dances with it. */
import { isLatchkeyError } from "../../errors.ts";
import { FLAVORS } from "../../protocol/flavors.ts";
import type { Registration } from "../../vault/index.ts";
import type { CheckFinding, CheckReport, ConnectParts } from "../contract.ts";
import { checkAccount } from "./account.ts";
import { checkClient } from "./client.ts";
import { checkConsumer } from "./consumer.ts";
import { byKind, reportOf, unproven } from "./findings.ts";
import { checkForm } from "./form.ts";
import { checkReach } from "./reach.ts";

/**
 * Runs every check that fits the flavor. Never asks an authorize address: it sends everybody to sign in, whatever
 * the client, so its answer proves nothing.
 *
 * @throws LatchkeyError `not_found`
 */
export async function check(parts: ConnectParts, registration_id: string): Promise<CheckReport> {
  const registration = await parts.vault.registrations.get(registration_id);
  const findings: CheckFinding[] = registration.credential === "dance" ? [...checkForm(registration)] : [];
  if (FLAVORS[registration.flavor].deployment === "datacenter") {
    const reached = await checkReach(parts, registration);
    findings.push(...reached.findings);
    if (!reached.usable) return reportOf(registration_id, findings);
  }
  if (registration.credential === "token") {
    findings.push(
      unproven("token", "Each person brings a token of their own; it is proven when it is given."),
    );
    return reportOf(registration_id, findings);
  }
  if (!findings.some(preventsAsking)) findings.push(...(await askJira(parts, registration)));
  return reportOf(registration_id, findings);
}

async function askJira(parts: ConnectParts, registration: Registration): Promise<readonly CheckFinding[]> {
  try {
    if (registration.credential === "service-account") return await checkAccount(parts, registration);
    return FLAVORS[registration.flavor].protocol === "oauth1"
      ? await checkConsumer(parts, registration)
      : await checkClient(parts, registration);
  } catch (error) {
    if (isLatchkeyError(error)) return [byKind(error)];
    throw error;
  }
}

/** Without key, id or secret there is nothing to ask with. */
function preventsAsking({ code, outcome }: CheckFinding): boolean {
  return outcome === "wrong" && (code === "registration_incomplete" || code === "private_key_invalid");
}
