/** Jira's errors: thrown by whoever finds the fault, turned into an answer in one place. */

/** Which of Jira's error shapes is answered. */
export type ErrorShape = "jira" | "desk";

/** An answer that is an error. `errorMessages` speak of the request, `errors` of single fields. */
export class JiraError extends Error {
  readonly status: number;
  readonly errorMessages: readonly string[];
  readonly errors: Readonly<Record<string, string>>;
  constructor(
    status: number,
    errorMessages: readonly string[],
    errors: Readonly<Record<string, string>> = {},
  ) {
    super(errorMessages[0] ?? Object.values(errors)[0] ?? `HTTP ${status}`);
    this.name = "JiraError";
    this.status = status;
    this.errorMessages = errorMessages;
    this.errors = errors;
  }
}

/** `myself` for anonymous: the one resource that answers in the plain shape of the servlet below it. */
export class NotAuthenticated extends JiraError {
  constructor() {
    super(401, ["Client must be authenticated to access this resource."]);
  }
}

/** A 400 about the whole request. */
export function badRequest(...messages: string[]): JiraError {
  return new JiraError(400, messages);
}

/** A 400 about single fields. */
export function badFields(errors: Record<string, string>): JiraError {
  return new JiraError(400, [], errors);
}

/** A 404: it is not there, or may not be seen; Jira does not say which. */
export function notFound(message: string): JiraError {
  return new JiraError(404, [message]);
}

/** A 403 about the whole request. */
export function forbidden(message: string): JiraError {
  return new JiraError(403, [message]);
}

/** The body of an error in the shape of the API it came from. */
export function errorBody(error: JiraError, shape: ErrorShape): unknown {
  if (shape === "desk") {
    const message =
      error.errorMessages[0] ??
      Object.entries(error.errors)
        .map(([name, text]) => `${name}: ${text}`)
        .join(", ");
    return { errorMessage: message, i18nErrorMessage: { i18nKey: "sd.rest.error", parameters: [] } };
  }
  if (error instanceof NotAuthenticated) return { message: error.message, "status-code": error.status };
  return { errorMessages: error.errorMessages, errors: error.errors };
}
