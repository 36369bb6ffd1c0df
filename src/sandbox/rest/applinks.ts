/** Application links of Data Center: the resource Atlassian calls unsupported, and scripts use all the same. */
import { createHash, randomUUID } from "node:crypto";
import { empty } from "../message.ts";
import type { JiraRecord } from "../world/model.ts";
import { bodyObject, type Call, ok, type Row, signedIn } from "./call.ts";
import { badRequest, forbidden, JiraError, notFound } from "./refuse.ts";

const VERSIONS = ["1.0", "2.0", "3.0", "latest"];

/** Administrators alone, and only while no password is asked for once more (websudo). */
function onlyAdmins(call: Call): void {
  const user = signedIn(call);
  const { scopes } = call.identity;
  if (!user.admin || (scopes !== undefined && !scopes.includes("ADMIN")))
    throw forbidden("You do not have permission to administer application links.");
  if (call.sandbox.switch("websudo") === "on" && call.identity.via !== "session")
    throw new JiraError(401, ["This resource requires WebSudo."]);
}

/** A UUID that follows from the key of a consumer. */
function idOf(key: string): string {
  const hex = createHash("sha256").update(`applink:${key}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-3${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function links(call: Call): JiraRecord[] {
  const consumers = Object.values(call.sandbox.state.auth.consumers).map((consumer) => ({
    id: idOf(consumer.key),
    typeId: "generic",
    name: consumer.name,
    displayUrl: "http://example.com",
    rpcUrl: "http://example.com",
  }));
  const made = Object.values(call.site.applicationLinks ?? {});
  return [...consumers, ...made].map((link) => ({
    ...link,
    isPrimary: false,
    isSystem: false,
    self: `${call.base}/rest/applinks/1.0/applicationlink/${String(link.id)}`,
  }));
}

function create(call: Call): unknown {
  const body = bodyObject(call);
  const text = (name: string): string =>
    typeof body[name] === "string" ? (body[name] as string).trim() : "";
  const [name, typeId, displayUrl] = [text("name"), text("typeId") || "generic", text("displayUrl")];
  if (name === "") throw badRequest("The name of the application link is required.");
  const rpcUrl = text("rpcUrl") || displayUrl;
  for (const url of [displayUrl, rpcUrl])
    if (!URL.canParse(url)) throw badRequest("The URL of the application link is not valid.");
  if (links(call).some((link) => link.name === name))
    throw new JiraError(409, [`An application link with the name '${name.slice(0, 100)}' already exists.`]);
  const id = randomUUID();
  call.site.applicationLinks = {
    ...call.site.applicationLinks,
    [id]: { id, typeId, name, displayUrl, rpcUrl },
  };
  call.sandbox.touched("world");
  const self = `${call.base}/rest/applinks/1.0/applicationlink/${id}`;
  return { resources: { "created-resource": { href: self } }, "status-code": 201 };
}

function found(call: Call): JiraRecord {
  onlyAdmins(call);
  const link = links(call).find((one) => one.id === call.params.link);
  if (link === undefined) throw notFound(`No application link with id '${call.params.link}' exists.`);
  return link;
}

function remove(call: Call): void {
  const { id } = found(call);
  const { consumers } = call.sandbox.state.auth;
  const key = Object.keys(consumers).find((one) => idOf(one) === id);
  if (key !== undefined) delete consumers[key];
  if (call.site.applicationLinks !== undefined) delete call.site.applicationLinks[String(id)];
  call.sandbox.touched();
}

/** Data Center alone has these, under the versions that are known. */
function row(method: string, path: string, resource: Row[2]): Row {
  return [
    method,
    `/rest/applinks/{version}/${path}`,
    (call) =>
      call.site.face === "datacenter" && VERSIONS.includes(call.version) ? resource(call) : undefined,
  ];
}

export const applinkRows: readonly Row[] = [
  row("GET", "listApplicationlinks", (call) => {
    onlyAdmins(call);
    const list = links(call).map(({ self: _self, ...application }) => ({
      application,
      configUrl: `${call.base}/plugins/servlet/applinks/listApplicationLinks`,
      hasIncomingAuthenticationProviders: true,
      hasOutgoingAuthenticationProviders: false,
      isSystem: false,
    }));
    return ok({ list });
  }),
  row("GET", "applicationlink", (call) => {
    onlyAdmins(call);
    return ok({ applicationLinks: links(call) });
  }),
  row("PUT", "applicationlink", (call) => {
    onlyAdmins(call);
    return ok(create(call), 201);
  }),
  row("GET", "applicationlink/{link}", (call) => ok(found(call))),
  row("DELETE", "applicationlink/{link}", (call) => {
    remove(call);
    return empty(200);
  }),
];
