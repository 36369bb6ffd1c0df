/** Faults: what the sandbox is told to do wrong, and to which requests. */
import type { Face } from "./face.ts";
import { SandboxRefusal } from "./refusal.ts";

export type Fault = {
  /** Which requests; what is absent matches all. */
  readonly match?: {
    readonly method?: string;
    /**
     * The path exactly as sent, with or without the context path; `*` stands for any text. A pattern with a
     * question mark is compared with path and query, every other with the path alone.
     */
    readonly path?: string;
    /** How many requests it strikes; absent = all until the faults are cleared. */
    readonly times?: number;
    readonly face?: Face;
  };
  /** Answer this instead of doing the work; 200 when only a body is given. */
  readonly status?: number;
  /** Put on the answer, in place of headers of the same name. Alone, they go on the real answer. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as it is; anything but a string is sent as JSON. */
  readonly body?: unknown;
  /** Wait before anything else, milliseconds of real time. */
  readonly delay_ms?: number;
  /** `true`: cut the connection before the work is done. A number: cut it after that many bytes of the answer's body. */
  readonly cut?: boolean | number;
  /** Do the work, then cut the connection before the answer. */
  readonly lose_answer?: boolean;
  /** Seconds by which the server's clock is ahead for this request (negative: behind). */
  readonly clock_skew_s?: number;
  /**
   * The URL the server believes it was called by: scheme, host and port, and the context path when a path is given
   * (`http://10.0.0.5:8080`, `https://jira.example.com/wrong`, `http://localhost:8091/` for no context path).
   */
  readonly rewrite_url?: string;
};

/** A fault in force, with what is left of it. */
export type ActiveFault = { readonly fault: Fault; readonly pattern: RegExp | undefined; left: number };

const checks: Record<string, [test: (value: unknown) => boolean, wanted: string]> = {
  match: [isRecord, "an object with method, path, times and face"],
  status: [
    (v) => Number.isInteger(v) && Number(v) >= 200 && Number(v) <= 599,
    "a whole number from 200 to 599",
  ],
  headers: [isHeaders, "an object of header names with a text or a list of texts each"],
  body: [() => true, "anything"],
  delay_ms: [(v) => within(v, 0, 3_600_000), "a number of milliseconds from 0 to 3600000"],
  cut: [
    (v) => typeof v === "boolean" || (Number.isInteger(v) && Number(v) >= 0),
    "true, or the number of bytes of the answer to let through",
  ],
  lose_answer: [(v) => typeof v === "boolean", "true or false"],
  clock_skew_s: [(v) => within(v, -3.2e9, 3.2e9), "a number of seconds"],
  rewrite_url: [isHttpUrl, "an http or https URL"],
};

const matchChecks: Record<string, [test: (value: unknown) => boolean, wanted: string]> = {
  method: [(v) => typeof v === "string" && /^[A-Za-z]+$/.test(v), "an HTTP method"],
  path: [(v) => typeof v === "string" && /^[/*]/.test(v), 'a path that begins with "/" or "*"'],
  times: [(v) => Number.isInteger(v) && Number(v) >= 1, "a whole number from 1"],
  face: [(v) => v === "cloud" || v === "datacenter", '"cloud" or "datacenter"'],
};

/** Reads a list of faults, or one; a refusal names the first field that is wrong. */
export function parseFaults(value: unknown): ActiveFault[] {
  const list = Array.isArray(value) ? value : [value];
  return list.map((item, index) => {
    if (!isRecord(item)) throw new SandboxRefusal("usage", `Fault ${index + 1} is not an object.`);
    checkFields(item, checks, `fault ${index + 1}`);
    if (item.match !== undefined) checkFields(item.match as object, matchChecks, `fault ${index + 1}, match`);
    const fault = item as Fault;
    const path = fault.match?.path;
    return {
      fault,
      pattern: path === undefined ? undefined : globOf(path),
      left: fault.match?.times ?? Number.POSITIVE_INFINITY,
    };
  });
}

function checkFields(item: object, rules: typeof checks, where: string): void {
  for (const [name, value] of Object.entries(item)) {
    const rule = rules[name];
    if (rule === undefined) {
      throw new SandboxRefusal(
        "usage",
        `There is no field "${name}" in ${where}. It may have: ${Object.keys(rules).join(", ")}.`,
      );
    }
    if (!rule[0](value)) throw new SandboxRefusal("usage", `"${name}" in ${where} must be ${rule[1]}.`);
  }
}

/** The first fault that strikes this request; it is used up by one. */
export function takeFault(
  faults: ActiveFault[],
  request: { readonly face: Face; readonly method: string; readonly target: string; readonly path: string },
): Fault | undefined {
  for (let i = 0; i < faults.length; i++) {
    const active = faults[i]!;
    if (!strikes(active, request)) continue;
    active.left--;
    if (active.left <= 0) faults.splice(i, 1);
    return active.fault;
  }
  return undefined;
}

function strikes(
  { fault, pattern }: ActiveFault,
  request: { readonly face: Face; readonly method: string; readonly target: string; readonly path: string },
): boolean {
  const { match } = fault;
  if (match === undefined) return true;
  if (match.face !== undefined && match.face !== request.face) return false;
  if (match.method !== undefined && match.method.toUpperCase() !== request.method) return false;
  if (pattern === undefined) return true;
  const mark = request.target.indexOf("?");
  const query = mark < 0 ? "" : request.target.slice(mark);
  const sent = mark < 0 ? request.target : request.target.slice(0, mark);
  const tail = match.path!.includes("?") ? query : "";
  return pattern.test(sent + tail) || pattern.test(request.path + tail);
}

function globOf(path: string): RegExp {
  const escaped = path.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${escaped}$`, "s");
}

/** The URL the server believes it was called by, without the query. */
export function viewUrl(rewrite: string | undefined, host: string, context: string, path: string): string {
  if (rewrite === undefined) return `http://${host}${context}${path}`;
  const view = new URL(rewrite);
  const hasPath = /^[a-z]+:\/\/[^/]+\//i.test(rewrite);
  return view.origin + (hasPath ? view.pathname.replace(/\/$/, "") : context) + path;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function within(value: unknown, low: number, high: number): boolean {
  return typeof value === "number" && value >= low && value <= high;
}

function isHeaders(value: unknown): boolean {
  if (!isRecord(value)) return false;
  return Object.entries(value).every(
    ([name, one]) =>
      /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) &&
      (Array.isArray(one) ? one : [one]).every((item) => typeof item === "string" && !/[\r\n\0]/.test(item)),
  );
}

function isHttpUrl(value: unknown): boolean {
  if (typeof value !== "string" || !URL.canParse(value)) return false;
  return /^https?:$/.test(new URL(value).protocol);
}
