/** What can be told of a registration without asking anybody. */
import { FLAVORS } from "../../protocol/flavors.ts";
import type { Registration } from "../../vault/index.ts";
import type { CheckFinding } from "../contract.ts";
import { ok, unproven, wrong } from "./findings.ts";

/** Scopes of OpenID Connect: asked of Atlassian's consent page they make it fail with "There's nothing here". */
const OPENID = ["openid", "profile", "email"];
const DATA_CENTER_SCOPES = ["READ", "WRITE", "ADMIN", "SYSTEM_ADMIN"];
/** Atlassian recommends fewer; from about eighty on the consent page answers 400. */
const MANY_SCOPES = 50;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** The registration's own form: what is missing, and what no Jira of its flavor takes. */
export function checkForm(registration: Registration): readonly CheckFinding[] {
  return [
    ...checkComplete(registration),
    ...checkRedirectUri(registration),
    ...checkScope(registration),
    ...checkKey(registration),
  ];
}

function checkComplete(registration: Registration): CheckFinding[] {
  const missing: string[] = [];
  if (registration.client_id === "") {
    missing.push(FLAVORS[registration.flavor].protocol === "oauth1" ? "consumer key" : "client_id");
  }
  if (FLAVORS[registration.flavor].protocol === "oauth2" && !registration.has_secret)
    missing.push("client_secret");
  if (missing.length === 0) return [];
  return [
    wrong("registration_incomplete", `The registration lacks ${missing.join(" and ")}.`, {
      fix: "Copy it from Jira's page into the registration.",
      evidence: { missing },
    }),
  ];
}

function checkRedirectUri({ flavor, redirect_uri }: Registration): CheckFinding[] {
  const oauth1 = FLAVORS[flavor].protocol === "oauth1";
  if (redirect_uri === "oob" && oauth1) return [];
  const evidence = { redirect_uri };
  if (!/^https?:\/\//i.test(redirect_uri) || !URL.canParse(redirect_uri)) {
    return [
      wrong("redirect_uri", "The redirect URI is no absolute http or https address.", {
        fix: oauth1 ? "Give an absolute address, or oob." : "Give an absolute address.",
        evidence,
      }),
    ];
  }
  const url = new URL(redirect_uri);
  if (url.hash !== "") {
    return [
      wrong("redirect_uri", "The redirect URI has a fragment (#).", { fix: "Leave it out.", evidence }),
    ];
  }
  if (oauth1) return [];
  if (url.protocol === "http:" && !LOOPBACK.test(url.hostname)) {
    return [
      wrong("redirect_uri", "Jira takes http redirect URIs only for localhost.", {
        fix: "Serve the callback over https, and register that address.",
        evidence,
      }),
    ];
  }
  return [
    unproven(
      "redirect_uri",
      "Whether Jira has exactly this redirect URI shows only on its consent page, to a person who is signed in.",
      { fix: `Compare it letter by letter with the one in Jira: ${redirect_uri}`, evidence },
    ),
  ];
}

function checkScope({ flavor, scope }: Registration): CheckFinding[] {
  if (flavor === "datacenter-oauth1") return [];
  const asked = scope.length > 0 ? scope : FLAVORS[flavor].default_scopes;
  const findings: CheckFinding[] = [];
  const { refresh_scope } = FLAVORS[flavor];
  if (refresh_scope !== undefined && !asked.includes(refresh_scope)) {
    findings.push(
      wrong(
        "refresh_token_absent",
        `The scopes lack ${refresh_scope}, so every connection would end within the hour.`,
        {
          fix: `Add ${refresh_scope} to the registration's scopes.`,
          evidence: { scope: asked },
        },
      ),
    );
  }
  const unknown =
    flavor === "cloud"
      ? asked.filter((one) => OPENID.includes(one))
      : asked.filter((one) => !DATA_CENTER_SCOPES.includes(one));
  if (unknown.length > 0) {
    findings.push(
      wrong(
        "invalid_scope",
        `${flavor === "cloud" ? "Jira's consent page fails on" : "Data Center does not know"} ${unknown.join(", ")}.`,
        {
          fix:
            flavor === "cloud"
              ? "Leave them out; read:me tells who approved."
              : `Ask for one of ${DATA_CENTER_SCOPES.join(", ")}.`,
          evidence: { scope: asked },
        },
      ),
    );
  }
  if (asked.length > MANY_SCOPES) {
    findings.push(
      unproven(
        "scope_count",
        `${asked.length} scopes are asked for; Atlassian recommends fewer than ${MANY_SCOPES}.`,
        {
          fix: "Use classic scopes in place of granular ones.",
        },
      ),
    );
  }
  return findings;
}

function checkKey({ flavor, public_key }: Registration): CheckFinding[] {
  if (FLAVORS[flavor].protocol !== "oauth1") return [];
  if (public_key === undefined) {
    return [
      wrong("private_key_invalid", "The registration has no private key.", {
        fix: "Make a pair with `latchkey keys generate`, and give the private key to the registration.",
      }),
    ];
  }
  const { bits, spki_sha256 } = public_key;
  const weak = bits < 2048 ? " It is shorter than 2048 bits; make a new pair when you can." : "";
  return [
    ok("key", `The private key has ${bits} bits.${weak} The SHA-256 of its public half is ${spki_sha256}.`, {
      evidence: { bits, spki_sha256 },
    }),
  ];
}
