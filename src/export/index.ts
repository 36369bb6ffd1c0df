export {
  type Exports,
  type ExportsParts,
  type ExportView,
  KEPT_EXPORTS,
  type KeptFile,
  type NewExport,
} from "./kept/contract.ts";
export { createExports } from "./kept/service.ts";
export { createSweeper } from "./memory.ts";
export {
  type Exported,
  type ExportedFile,
  type ExportParts,
  type ExportPolicy,
  type ExportProgress,
  type ExportRequest,
  type ExportRun,
  FORMATS,
  type Format,
  KINDS,
  type Kind,
  type Manifest,
  OPTIONAL_KINDS,
} from "./model.ts";
export { projectQuestion } from "./question.ts";
export { runExport, verifyExport } from "./run.ts";
