/** Records: what was said in a dance or in a call that failed, masked, bounded, and written down. */
export type {
  CallOf,
  CallView,
  FailedCall,
  FailedTry,
  Place,
  Recorder,
  RecorderLimits,
  RecorderParts,
  Trouble,
} from "./contract.ts";
export { type Har, harOf } from "./har.ts";
export { maskHeaders, maskUrl, printable } from "./mask.ts";
export { createRecorder, evidenceOf, evidencePlace } from "./recorder.ts";
export { baseStrings, oauthProblemWord, signedStep } from "./signed.ts";
export {
  type BaseStrings,
  type Evidence,
  type Lane,
  readSteps,
  type SignatureOutcome,
  type SignedStep,
  type Step,
} from "./step.ts";
