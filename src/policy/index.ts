/**
 * What may be asked through the proxy and in what form the answer leaves. Pure: it runs anywhere, loads no
 * server and no database.
 */
export {
  answerHeaderPasses,
  namedByConnection,
  refuseParameters,
  refusePath,
  refuseQuery,
  requestHeaders,
} from "./refusals.ts";
