import { isLatchkeyError, type LatchkeyError } from "../../src/errors.ts";

/** The error a piece of work ends with; a test that expects one fails where there is none. */
export async function refusalOf(work: Promise<unknown>): Promise<LatchkeyError> {
  try {
    await work;
  } catch (error) {
    if (isLatchkeyError(error)) return error;
    throw error;
  }
  throw new Error("It was not refused.");
}

export async function codeOf(work: Promise<unknown>): Promise<string> {
  return (await refusalOf(work)).code;
}
