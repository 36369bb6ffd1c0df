import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { FLAVORS } from "../../protocol/index.ts";
import { Secret } from "../../secret.ts";
import type { RegistrationInput } from "../../vault/index.ts";
import type { GatewayParts } from "../parts.ts";
import type { ApiEnv } from "./caller.ts";
import { answers, json, SECURED } from "./document.ts";
import { NewRegistration, Registration } from "./schemas.ts";
import { registrationView } from "./views.ts";

const tags = ["Registrations"];

const list = createRoute({
  method: "get",
  path: "/api/v1/registrations",
  tags,
  ...SECURED,
  summary: "The registrations the owner may use: its own and the operator's.",
  request: { query: z.strictObject({}) },
  responses: answers(200, "All of them.", z.object({ registrations: z.array(Registration) }), [400]),
});
const add = createRoute({
  method: "post",
  path: "/api/v1/registrations",
  tags,
  ...SECURED,
  summary:
    "Register Latchkey at a Jira, for this owner alone. Private addresses are the operator's to allow.",
  request: { body: json(NewRegistration) },
  responses: answers(201, "The registration, without its secret.", Registration, [400, 409, 413, 415]),
});

export function registrationRoutes(app: OpenAPIHono<ApiEnv>, parts: GatewayParts): void {
  const { vault } = parts;
  app.openapi(list, async (c) => {
    const { owner } = c.get("handle");
    const found = await vault.registrations.list(owner);
    return c.json({ registrations: found.map((one) => registrationView(one, owner)) }, 200);
  });
  app.openapi(add, async (c) => {
    const { owner } = c.get("handle");
    const made = await vault.registrations.add(inputFrom(parts, owner, c.req.valid("json")));
    return c.json(registrationView(made, owner), 201);
  });
}

function inputFrom(
  parts: GatewayParts,
  owner: string,
  asked: z.infer<typeof NewRegistration>,
): RegistrationInput {
  const { client_secret, private_key, redirect_uri, scope, title, site_base_url, auth_url, api_url } = asked;
  const { id, flavor, client_id } = asked;
  return {
    id,
    flavor,
    client_id,
    owner,
    scope: scope ?? FLAVORS[flavor].default_scopes,
    redirect_uri: redirect_uri ?? `${parts.public_url.replace(/\/+$/, "")}/callback/${id}`,
    // Whoever holds a handle is no operator: what it registers reaches public addresses only.
    allowance: false,
    ...(title === undefined ? {} : { title }),
    ...(site_base_url === undefined ? {} : { site_base_url }),
    ...(auth_url === undefined ? {} : { auth_url }),
    ...(api_url === undefined ? {} : { api_url }),
    ...(client_secret === undefined ? {} : { client_secret: new Secret(client_secret) }),
    ...(private_key === undefined ? {} : { private_key: new Secret(private_key) }),
  };
}
