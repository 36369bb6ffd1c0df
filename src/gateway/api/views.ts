/** Records of the vault as the API shows them: no owner, no family, no evidence, no secret. */
import type { HandleView } from "../../handles/index.ts";
import type { Standing } from "../../jira/index.ts";
import type { EventRow } from "../../store/index.ts";
import type { Connection, Registration } from "../../vault/index.ts";

export function connectionView(connection: Connection, public_url: string) {
  const { owner: _o, family_id: _f, scope_asked, dead, site, ...rest } = connection;
  const { api_base_url: _a, ...shown } = site;
  return {
    ...rest,
    site: shown,
    proxy_url: `${public_url.replace(/\/+$/, "")}/jira/${connection.id}`,
    scope_asked: [...scope_asked],
    scope_granted: connection.scope_granted && [...connection.scope_granted],
    dead: dead && {
      cause: dead.cause,
      not_excluded: dead.not_excluded && [...dead.not_excluded],
      at: dead.at,
      next_step: dead.next_step,
    },
  };
}

/** Lists of its own, as JSON has them. */
export function standingView({ closed, quotas, bucket, ...rest }: Standing) {
  return {
    ...rest,
    closed: closed.map((one) => ({ ...one })),
    quotas: quotas.map((one) => ({ ...one })),
    ...(bucket ? { bucket: { ...bucket } } : {}),
  };
}

export function registrationView(registration: Registration, owner: string) {
  const { owner: whose, allowance: _a, suspended, scope, ...rest } = registration;
  return {
    ...rest,
    scope: [...scope],
    own: whose === owner,
    suspended: suspended && { code: suspended.code, at: suspended.at },
  };
}

export function handleView(handle: HandleView) {
  const { owner: _o, limits, connection_ids, ...rest } = handle;
  const { methods, path_prefixes, path_patterns, sites, projects, rate, ...plain } = limits;
  return {
    ...rest,
    connection_ids: [...connection_ids],
    limits: {
      ...plain,
      methods: methods as Method[],
      path_prefixes: [...path_prefixes],
      path_patterns: path_patterns && [...path_patterns],
      sites: sites && [...sites],
      projects: projects && [...projects],
      rate: rate && { ...rate },
    },
  };
}

type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

export function eventView(row: EventRow) {
  return {
    id: row.id,
    type: row.type,
    at: row.at,
    connection_id: row.connection_id ?? undefined,
    data: JSON.parse(row.data) as Record<string, unknown>,
  };
}
