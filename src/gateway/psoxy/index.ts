/** The addresses of Psoxy, answered by Latchkey. */
export {
  createPsoxyInstances,
  type PsoxyInstance,
  type PsoxyInstances,
  withInstances,
} from "./instances.ts";
export { psoxyOnWeb } from "./web.ts";
