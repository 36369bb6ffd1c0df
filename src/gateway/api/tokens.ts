/** A connection from a token that a person made in Jira, or from a service account: no dance, and no browser. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { LatchkeyError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import type { GatewayParts } from "../parts.ts";
import type { ApiEnv } from "./caller.ts";
import { answers, json, SECURED } from "./document.ts";
import { Connection } from "./schemas.ts";
import { connectionView } from "./views.ts";

const NewConnection = z
  .strictObject({
    kind: z
      .enum(["personal-access-token", "api-token", "service-account"])
      .optional()
      .openapi({ description: "Default: the kind of token that the site takes." }),
    site: z.string().min(1).max(2048).optional().openapi({ description: "The address of the Jira." }),
    token: z.string().min(1).max(4096).optional().openapi({ description: "It goes in and never comes out." }),
    email: z.string().max(320).optional().openapi({ description: "api-token: the account it belongs to." }),
    expires_at: z.int().min(0).optional().openapi({
      description: "When the token ends, milliseconds since the epoch; there is a warning before.",
    }),
    registration_id: z
      .string()
      .max(64)
      .optional()
      .openapi({ description: "service-account: the registration that has its credentials." }),
    reconnect: z
      .string()
      .max(64)
      .optional()
      .openapi({ description: "The connection whose token this takes the place of; its id stays." }),
    confirm_account: z.boolean().optional().openapi({ description: "Another account is welcome." }),
  })
  .openapi("NewConnection");

const create = createRoute({
  method: "post",
  path: "/api/v1/connections",
  tags: ["Connections"],
  ...SECURED,
  summary:
    "Connect with a token that was made in Jira, or as a service account. Jira is asked before it is kept.",
  request: { body: json(NewConnection) },
  responses: answers(201, "The connection.", Connection, [400, 404, 409, 413, 415, 422, 502]),
});

export function tokenRoutes(app: OpenAPIHono<ApiEnv>, parts: GatewayParts): void {
  const { connect, public_url } = parts;
  app.openapi(create, async (c) => {
    const { owner } = c.get("handle");
    const { kind, site, token, registration_id, ...rest } = c.req.valid("json");
    const more = given(rest);
    if (kind === "service-account") {
      const id = demand("registration_id", registration_id);
      const named = site === undefined ? {} : { site };
      const made = await connect.withServiceAccount({ owner, registration_id: id, ...named, ...more });
      return c.json(connectionView(made.connection, public_url), 201);
    }
    const made = await connect.withToken({
      owner,
      site: demand("site", site),
      token: new Secret(demand("token", token)),
      // Whoever holds a handle is no operator.
      trust: "end-user",
      ...(kind === undefined ? {} : { kind }),
      ...more,
    });
    return c.json(connectionView(made.connection, public_url), 201);
  });
}

/** The fields that came. */
function given<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as { [K in keyof T]: Exclude<T[K], undefined> };
}

function demand(field: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new LatchkeyError("bad_request", `The field ${field} is missing.`, {
    details: { field },
    fix: `Give ${field}.`,
  });
}
