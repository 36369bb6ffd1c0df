import { type ErrorCode, isLatchkeyError, LatchkeyError } from "./errors.ts";

/**
 * How far an exchange had come when it failed. `connect`: nothing was sent, so nothing can have happened on the
 * other side. From `send` on it may have.
 */
export type Stage = "connect" | "send" | "body";

const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  ENOTFOUND: "dns_failed",
  EAI_AGAIN: "dns_failed",
  EAI_FAIL: "dns_failed",
  EAI_NODATA: "dns_failed",
  EAI_NONAME: "dns_failed",
  ENODATA: "dns_failed",
  ECONNREFUSED: "connection_refused",
  ECONNRESET: "connection_reset",
  ECONNABORTED: "connection_reset",
  EPIPE: "connection_reset",
  UND_ERR_SOCKET: "connection_reset",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "connection_reset",
  UND_ERR_CLOSED: "connection_reset",
  UND_ERR_DESTROYED: "connection_reset",
  EHOSTUNREACH: "unreachable",
  EHOSTDOWN: "unreachable",
  ENETUNREACH: "unreachable",
  ENETDOWN: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  EACCES: "unreachable",
  ETIMEDOUT: "timed_out",
  UND_ERR_CONNECT_TIMEOUT: "timed_out",
  UND_ERR_HEADERS_TIMEOUT: "timed_out",
  UND_ERR_BODY_TIMEOUT: "timed_out",
  UND_ERR_HEADERS_OVERFLOW: "answer_too_large",
  UND_ERR_INVALID_ARG: "bad_request",
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: "bad_request",
};

/** What OpenSSL says when the other side answered something that is not TLS. */
const PLAIN_PORT = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNEXPECTED_MESSAGE|RECORD_LAYER/;
const TLS =
  /^ERR_SSL|^ERR_TLS|^EPROTO$|CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)|^HOSTNAME_MISMATCH|^CRL_|^INVALID_CA|^PATH_LENGTH/;

function codeOf(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null) return "";
  const { code, message, name } = thrown as { code?: unknown; message?: unknown; name?: unknown };
  // undici's parser error has a code only for some of its reasons.
  const named = typeof code === "string" ? code : name === "HTTPParserError" ? "HPE_UNREADABLE" : "";
  // OpenSSL puts its reason into the message, under the one code EPROTO.
  if (named === "EPROTO" && typeof message === "string") {
    if (/wrong version number|packet length too long|http request/i.test(message))
      return "WRONG_VERSION_NUMBER";
  }
  return named;
}

/** Alerts of a server that looked for a client certificate, or at the one it got. */
const CERTIFICATE_WANTED = /ALERT_CERTIFICATE_REQUIRED/;
const CERTIFICATE_REFUSED =
  /ALERT_(BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_(EXPIRED|REVOKED|UNKNOWN)|UNSUPPORTED_CERTIFICATE|NO_CERTIFICATE|ACCESS_DENIED|DECRYPT_ERROR)/;

function errorCode(named: string): ErrorCode {
  const listed = BY_CODE[named];
  if (listed) return listed;
  if (CERTIFICATE_WANTED.test(named)) return "tls_client_certificate_required";
  if (CERTIFICATE_REFUSED.test(named)) return "tls_client_certificate_refused";
  if (PLAIN_PORT.test(named)) return "http_not_https";
  if (TLS.test(named)) return "tls_failed";
  // It accepted the connection and then spoke something that is not HTTP.
  if (named.startsWith("HPE_")) return "not_a_jira";
  return "connection_reset";
}

/** The errors inside an AggregateError (one for each address that was tried), or the error itself. */
function first(thrown: unknown): unknown {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) {
    return thrown.errors.find((one) => isLatchkeyError(one)) ?? thrown.errors[0];
  }
  return thrown;
}

/**
 * Turns what Node and undici throw into a cause of the table. Only the code of the original error is kept: its
 * message may hold addresses and its properties the request.
 */
export function networkFailure(thrown: unknown, host: string, stage: Stage): LatchkeyError {
  const inner = first(thrown);
  if (isLatchkeyError(inner)) return inner;
  const named = codeOf(inner) || codeOf((inner as { cause?: unknown } | undefined)?.cause);
  const code = errorCode(named);
  const { says, fix } = (code === "tls_failed" && certificateWords(named, host)) || {};
  return new LatchkeyError(code, says, {
    details: { host, stage, ...(named === "" ? {} : { reason: named.slice(0, 80) }) },
    ...(fix === undefined ? {} : { fix }),
  });
}

const UNKNOWN_CA = /UNABLE_TO_GET_ISSUER|SELF_SIGNED|UNABLE_TO_VERIFY_LEAF/;

/** What is wrong with a server's certificate, and which option helps. */
function certificateWords(named: string, host: string): { says: string; fix: string } | undefined {
  if (UNKNOWN_CA.test(named)) {
    return {
      says: `The certificate of ${host} comes from an authority that is not trusted here.`,
      fix: `Give its CA bundle: ca_file under [reach."https://${host}"] in the configuration file.`,
    };
  }
  if (named === "CERT_HAS_EXPIRED") {
    return { says: `The certificate of ${host} has expired.`, fix: "Its administrator must renew it." };
  }
  if (named === "ERR_TLS_CERT_ALTNAME_INVALID" || named === "HOSTNAME_MISMATCH") {
    return {
      says: `The certificate of ${host} is made out to another name.`,
      fix: "Use the name that stands in the certificate.",
    };
  }
  return undefined;
}

/** Servers that let TLS pass and refuse the client certificate with a page: nginx. */
function saysClientCertificate(status: number, text: string): ErrorCode | undefined {
  if (status !== 400) return undefined;
  if (/No required SSL certificate was sent/i.test(text)) return "tls_client_certificate_required";
  return /The SSL certificate error/i.test(text) ? "tls_client_certificate_refused" : undefined;
}

/** Whether a plain-http exchange failed in the way it does when the port speaks TLS. */
export function mayBeTlsPort(error: LatchkeyError): boolean {
  return error.code === "not_a_jira" || (error.code === "connection_reset" && error.details.stage === "send");
}

/** Whether an https exchange failed in the way it does when the server wants a client certificate. */
export function mayBeAlert({ code, details }: LatchkeyError): boolean {
  return code === "connection_reset" && details.stage === "send" && details.reason === "UND_ERR_SOCKET";
}

/** The failure that a TLS alert stands for, where it is about the client's certificate. */
export function alertOf(named: string, host: string): LatchkeyError | undefined {
  const code = errorCode(named);
  if (!code.startsWith("tls_client_certificate")) return undefined;
  return new LatchkeyError(code, undefined, { details: { host, stage: "send", reason: named.slice(0, 80) } });
}

/** Servers that notice plain http on a TLS port and say so with a 400: nginx, Apache, Tomcat, Go. */
function saysTlsPort(status: number, text: string): boolean {
  return (
    status === 400 &&
    /plain HTTP request was sent to (the )?HTTPS port|speaking plain HTTP to an SSL-enabled|combination of host and port requires TLS|HTTP request to an HTTPS server/i.test(
      text,
    )
  );
}

/** What a page says about TLS that never reached the site itself. */
export function tlsRefusal(status: number, text: string): ErrorCode | undefined {
  return saysTlsPort(status, text) ? "http_not_https" : saysClientCertificate(status, text);
}
