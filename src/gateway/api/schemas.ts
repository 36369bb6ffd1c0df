/** What the API takes and gives. The same descriptions check the input and make the document. */
import { z } from "@hono/zod-openapi";

const FLAVORS = ["cloud", "datacenter-oauth2", "datacenter-oauth1"] as const;
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;

const time = (meaning: string) =>
  z.int().openapi({ description: `${meaning}. Milliseconds since the epoch.` });
const address = z.url({ protocol: /^https?$/ }).max(2048);
const id = (prefix: string) => z.string().openapi({ example: `${prefix}_4kJ0aZ81Qm2Xc7LrT9vB3e` });

export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().openapi({ description: "The cause, from one list of codes." }),
    detail: z.string(),
    fix: z.string().openapi({ description: "The next step." }),
    retry: z.enum(["never", "later", "after-reconnect"]),
    instance: z.string().openapi({ description: "The id under which the log knows this request." }),
    errors: z
      .array(z.object({ field: z.string(), says: z.string() }))
      .optional()
      .openapi({ description: "Every field that is wrong." }),
    jira: z.object({}).loose().optional().openapi({ description: "Jira's own words, where Jira refused." }),
  })
  .openapi("Problem", { description: "RFC 9457, with a code and the next step." });

export const Account = z
  .object({
    account_id: z.string(),
    name: z.string().optional(),
    display_name: z.string().optional(),
    email: z.string().optional(),
    avatar_url: z.string().optional(),
    time_zone: z.string().optional(),
  })
  .openapi("Account");

const REACHES = ["app", "site", "endpoint", "issue", "account"] as const;
const count = (meaning: string) => z.number().optional().openapi({ description: meaning });

export const Standing = z
  .object({
    open: z.boolean().openapi({ description: "Nothing is closed." }),
    closed: z.array(
      z.object({
        reach: z.enum(REACHES),
        endpoint: z.string().optional(),
        reason: z.string().optional().openapi({ description: "Jira's own name of the limit." }),
        retry_after_s: z.int(),
      }),
    ),
    quotas: z.array(
      z.object({
        name: z.string(),
        reach: z.enum(["app", "site"]),
        limit: count("What the quota holds."),
        remaining: count("What is left; Jira tells it when little is."),
        window_s: count("Seconds the quota is for."),
        resets_in_s: count("Seconds until it is whole again."),
      }),
    ),
    bucket: z
      .object({ limit: z.number(), remaining: z.number(), per_s: z.number() })
      .optional()
      .openapi({ description: "Data Center's bucket: it gains `per_s` each second." }),
    waiting: z.object({ interactive: z.int(), bulk: z.int() }),
  })
  .openapi("Standing", { description: "What Jira's limits leave at the site, as far as it has told." });

export const Connection = z
  .object({
    id: id("con"),
    registration_id: z.string(),
    kind: z
      .enum(["oauth2", "oauth1", "personal-access-token", "api-token", "service-account"])
      .openapi({ description: "What its tokens are; the last three came without a dance." }),
    flavor: z.enum(FLAVORS),
    state: z.enum(["pending", "active", "dead", "exported"]),
    site: z.object({
      id: z.string(),
      url: z.string(),
      name: z.string(),
      deployment: z.enum(["cloud", "datacenter"]),
      version: z.string().optional(),
    }),
    proxy_url: z
      .string()
      .openapi({ description: "What stands before a REST path to call it through a handle." }),
    account: Account.optional(),
    scope_asked: z.array(z.string()).openapi({ description: "What the consent was asked for." }),
    scope_granted: z.array(z.string()).optional(),
    standing: Standing.optional(),
    dead: z
      .object({
        cause: z.string(),
        not_excluded: z.array(z.string()).optional(),
        at: time("When it died"),
        next_step: z.string(),
      })
      .optional(),
    access_expires_at: time("When the current token ends").optional(),
    idle_expires_at: time("When it dies if nobody uses it").optional(),
    absolute_expires_at: time("When it dies whatever happens").optional(),
    consented_at: time("When the person approved"),
    last_rotated_at: time("When the current tokens were received"),
    created_at: time("When it was made"),
    updated_at: time("When it last changed"),
    last_used_at: time("Last use, to the minute").optional(),
    last_status: z.int().optional().openapi({ description: "HTTP status of Jira's last answer." }),
  })
  .openapi("Connection");

export const Registration = z
  .object({
    id: z.string(),
    credential: z
      .enum(["dance", "token", "service-account"])
      .openapi({ description: "How it lets somebody in; the last two need no dance." }),
    own: z.boolean().openapi({ description: "Whether it is the caller's; if not, it is the operator's." }),
    flavor: z.enum(FLAVORS),
    title: z.string(),
    client_id: z.string(),
    has_secret: z.boolean(),
    redirect_uri: z.string(),
    scope: z.array(z.string()),
    site_base_url: z.string().optional(),
    cloud_sites: z.string().optional(),
    auth_url: z.string().optional(),
    api_url: z.string().optional(),
    public_key: z.object({ public_pem: z.string(), spki_sha256: z.string(), bits: z.int() }).optional(),
    state: z.enum(["draft", "active", "suspended"]),
    suspended: z.object({ code: z.string(), at: time("Since when") }).optional(),
    created_at: time("When it was made"),
    updated_at: time("When it last changed"),
  })
  .openapi("Registration", { description: "Secrets go in and never come out." });

export const NewRegistration = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
      .openapi({ description: "Stands in the callback's path." }),
    flavor: z.enum(FLAVORS),
    client_id: z.string().min(1).max(500).openapi({ description: "Client id, or consumer key." }),
    title: z.string().min(1).max(100).optional(),
    client_secret: z.string().min(1).max(4096).optional(),
    private_key: z.string().min(1).max(16_384).optional().openapi({ description: "PEM, for OAuth 1.0a." }),
    site_base_url: address.optional().openapi({ description: "Data Center: the base URL of the Jira." }),
    redirect_uri: address.optional().openapi({ description: "Default: this registration's callback here." }),
    scope: z.array(z.string().min(1).max(200)).max(100).optional(),
    auth_url: address.optional(),
    api_url: address.optional(),
  })
  .openapi("NewRegistration");

const limits = {
  methods: z.array(z.enum(METHODS)).max(6),
  path_prefixes: z.array(z.string().max(500)).max(50),
  path_patterns: z
    .array(z.string().max(500))
    .max(50)
    .openapi({ description: "Whole paths: * stands for one segment, ** for any number of them." }),
  sites: z
    .array(z.string().max(2048))
    .max(50)
    .openapi({ description: "Addresses or ids of sites; connections to others are refused." }),
  policy: z.string().max(64).openapi({
    description: "raw: answers as Jira sent them; else the name of a policy. Without one nothing leaves.",
    example: "raw",
  }),
  rate: z.strictObject({
    per_minute: z.int().openapi({ description: "Calls a minute, 1 to 100000; as many may come at once." }),
  }),
  priority: z
    .enum(["interactive", "bulk"])
    .openapi({ description: "bulk: nobody waits for its calls, and others go first." }),
  rewrite_links: z
    .boolean()
    .openapi({ description: "Whether Jira's links to itself lead through the proxy in JSON answers." }),
  api: z.enum(["read", "manage"]).openapi({ description: "Whether it may call this API." }),
};
const projects = "Only issues of these projects, by the issue's own project and not by its key.";

export const Handle = z
  .object({
    id: id("hdl"),
    name: z.string(),
    connection_ids: z.array(z.string()),
    limits: z
      .object(limits)
      .partial()
      .required({ methods: true, path_prefixes: true })
      .extend({
        projects: z
          .array(z.object({ connection_id: z.string(), id: z.string(), key: z.string() }))
          .optional()
          .openapi({ description: `${projects} Keys are as they were when it was made.` }),
      }),
    created_at: time("When it was made"),
    expires_at: time("When it ends").optional(),
    revoked_at: time("When it was revoked").optional(),
    last_used_at: time("Last use through the proxy, to the minute").optional(),
  })
  .openapi("Handle");

export const NewHandle = z
  .strictObject({
    name: z.string().min(1).max(100),
    connection_ids: z.array(z.string().max(64)).max(50),
    limits: z
      .strictObject(limits)
      .partial()
      .extend({
        projects: z
          .array(z.string().max(255))
          .max(50)
          .optional()
          .openapi({ description: `${projects} By key or id.` }),
      })
      .optional(),
    expires_at: time("When it ends; default never").optional(),
  })
  .openapi("NewHandle");

export const Event = z
  .object({
    id: id("evt"),
    type: z.string(),
    at: time("When it happened"),
    connection_id: z.string().optional(),
    data: z.object({}).loose(),
  })
  .openapi("Event");

export const Site = z
  .object({
    id: z.string(),
    url: z.string(),
    name: z.string(),
    connection_id: z.string().optional().openapi({ description: "The connection to it, if there is one." }),
  })
  .openapi("Site");

export const IdParameter = z.strictObject({ id: z.string().max(64) });
