import { ERRORS, EXIT, exitCodeOf, isLatchkeyError } from "../errors.ts";
import { scrub } from "../secret.ts";
import type { Io, Voice } from "./io.ts";

/** Prints what went wrong, the evidence and the next step, and gives the exit code (DESIGN 4.2). */
export function reportFailure(error: unknown, voice: Voice, io: Io): number {
  if (!isLatchkeyError(error)) {
    const text =
      error instanceof Error ? (io.env.LATCHKEY_LOG_LEVEL === "debug" ? error.stack : error.message) : error;
    voice.say(scrub(`${voice.color.red("Something went wrong inside Latchkey:")} ${String(text)}`));
    return EXIT.failure;
  }
  const code = exitCodeOf(error);
  if (voice.wantsJson) {
    const { origin, retry, fault, fix } = error;
    const details = scrubbed(error.details);
    voice.json({
      error: {
        code: error.code,
        message: scrub(error.message),
        origin,
        retry,
        fault,
        fix,
        details,
        exit: code,
      },
    });
    return code;
  }
  voice.say(`${voice.color.red(scrub(error.message))} ${voice.color.dim(`(${error.code})`)}`);
  const meaning = ERRORS[error.code].meaning;
  if (meaning !== error.message) voice.say(meaning);
  for (const line of [...jirasWords(error.details.jira), ...evidenceOf(error.details)])
    voice.say(voice.color.dim(`  ${line}`));
  voice.say(`Next: ${error.fix}`);
  const again = consentCommand(error.details);
  if (again) voice.say(`      ${again}`);
  return code;
}

/** The command whose consent asks for what is granted now and what was missing. */
function consentCommand({ ask, site }: Readonly<Record<string, unknown>>): string | undefined {
  if (!Array.isArray(ask) || typeof site !== "string") return undefined;
  return printable(`latchkey connect ${site} --scope "${ask.join(" ")}"`);
}

/** The evidence worth a line each: words and numbers, bounded, with control characters made visible. */
function evidenceOf(details: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(details)
    .filter(([name, value]) => name !== "problems" && ["string", "number", "boolean"].includes(typeof value))
    .map(([name, value]) => `${name}: ${scrub(printable(String(value)))}`)
    .slice(0, 12);
}

/** What Jira itself said: its messages, and for each field what is wrong with it. Bounded where it was read. */
function jirasWords(said: unknown): string[] {
  if (typeof said !== "object" || said === null) return [];
  const { errorMessages, errors } = said as { errorMessages?: unknown; errors?: unknown };
  const messages = Array.isArray(errorMessages)
    ? errorMessages.map((one) => `Jira says: ${String(one)}`)
    : [];
  const fields =
    typeof errors === "object" && errors !== null
      ? Object.entries(errors).map(([field, says]) => `Jira says of ${field}: ${String(says)}`)
      : [];
  return [...messages, ...fields].slice(0, 12).map((line) => scrub(printable(line)));
}

/** The details as they may be printed: without what cannot be written as JSON, and without live secrets. */
function scrubbed(details: Readonly<Record<string, unknown>>): unknown {
  return JSON.parse(JSON.stringify(details), (_name, value: unknown) =>
    typeof value === "string" ? scrub(value) : value,
  );
}

/** Control characters could rewrite the terminal: what came from elsewhere is shown escaped. */
export function printable(text: string): string {
  const short = text.length > 2000 ? `${text.slice(0, 2000)}…` : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return short.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (c) => JSON.stringify(c).slice(1, -1));
}
