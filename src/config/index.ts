export { databaseUrl, holdsPassword } from "./database.ts";
export { makeDirectory } from "./directory.ts";
export { type Environment, environment } from "./environment.ts";
export { type VaultKey, vaultKey } from "./keyfile.ts";
export { type Config, isPublicBind, loadConfig, requireSignInForPublicBind, type Source } from "./load.ts";
export {
  environmentName,
  flagName,
  mayComeFromElsewhere,
  OPTIONS,
  type OptionName,
  type OptionRow,
} from "./options.ts";
export { type PolicyFile, readPolicies, readPolicyText } from "./policies.ts";
export {
  type PsoxyInstanceFile,
  type PsoxyRuleFile,
  readPsoxyInstances,
  readPsoxyRuleText,
} from "./psoxy.ts";
export { type Reach, type ReachTable, reachFor } from "./reach.ts";
