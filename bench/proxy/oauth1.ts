/** The application link of the signing rounds: a key of its own, made for each run and handed on as an argument. */
import { generateKeyPairSync } from "node:crypto";

export const CONSUMER = "bench";
export const TOKEN = "a-token-of-the-bench";
/** Only a process of the bench was handed one. */
const given = process.send ? process.argv[3] : undefined;
export const PRIVATE_KEY =
  given ??
  generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ format: "pem", type: "pkcs8" })
    .toString();
