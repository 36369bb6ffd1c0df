/** Psoxy's rule files, tokens and request side. Pure. */
export { type LeakReport, reportPsoxyRules } from "./leaks.ts";
export {
  createPsoxyPseudonyms,
  type EmailCanonicalization,
  type EmailDomainHandling,
  legacyBase64,
  type PseudonymSettings,
  type PsoxyPseudonyms,
} from "./pseudonym.ts";
export { TRANSFORMS } from "./read-transform.ts";
export { checkPsoxyRules, compilePsoxyRules, type Endpoint, type PsoxyRules } from "./rules.ts";
export { createPsoxySanitizer, type PsoxySanitizer } from "./sanitizer.ts";
