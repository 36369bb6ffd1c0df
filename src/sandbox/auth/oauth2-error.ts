import { json, type SandboxRequest, type SandboxResponse } from "../message.ts";

/** A refusal of a token endpoint. @see RFC 6749 section 5.2 */
export class OAuth2Error extends Error {
  readonly status: number;
  readonly error: string;
  readonly error_description: string | undefined;

  /** `reason` is for the request log alone. */
  constructor(status: number, error: string, error_description: string | undefined, reason: string) {
    super(reason);
    this.status = status;
    this.error = error;
    this.error_description = error_description;
  }
}

/** Runs a token request and writes its refusal as JSON. */
export function answeringErrors(request: SandboxRequest, step: () => SandboxResponse): SandboxResponse {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof OAuth2Error)) throw error;
    request.note(`${error.error}: ${error.message}`);
    return json(
      error.status,
      {
        error: error.error,
        ...(error.error_description === undefined ? {} : { error_description: error.error_description }),
      },
      [
        ["Cache-Control", "no-store"],
        ["Pragma", "no-cache"],
      ],
    );
  }
}
