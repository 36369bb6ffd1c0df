import type { Face } from "../face.ts";
import type { Handler, Route } from "../message.ts";
import { avatar, browseIssue, dashboard, frontPage } from "./browse.ts";
import { authorizeCloud } from "./cloud/authorize.ts";
import { connectedApps } from "./cloud/connected-apps.ts";
import { withEdgeHeaders } from "./cloud/edge-headers.ts";
import { gateway } from "./cloud/gateway.ts";
import { loginCloud, logoutCloud } from "./cloud/login.ts";
import { accessibleResources, me } from "./cloud/resources.ts";
import { revokeCloud } from "./cloud/revoke.ts";
import { siteRest, tenantInfo } from "./cloud/site.ts";
import { tokenCloud } from "./cloud/token-endpoint.ts";
import { editConsumer, listApplinks, removeApplink } from "./datacenter/applinks.ts";
import { authorizedApplications } from "./datacenter/authorized-applications.ts";
import { createIncomingClient, incomingClientCredentials } from "./datacenter/incoming-client.ts";
import { loginDataCenter, logoutDataCenter } from "./datacenter/login.ts";
import { authorizeDataCenter } from "./datacenter/oauth2-authorize.ts";
import { tokenDataCenter } from "./datacenter/oauth2-token.ts";
import { personalAccessTokens } from "./datacenter/personal-access-tokens.ts";
import { restDataCenter } from "./datacenter/rest.ts";
import { withServerHeaders } from "./datacenter/server-headers.ts";
import { sessionResource } from "./datacenter/session-resource.ts";
import { accessTokenServlet, authorizeServlet, requestTokenServlet } from "./oauth1/servlets.ts";
import { ownTokens } from "./own-tokens.ts";

type Row = readonly [methods: string, pattern: string, handler: Handler];

const cloudRows: readonly Row[] = [
  ["GET", "/", frontPage],
  ["GET", "/avatar.svg", avatar],
  ["GET POST", "/login", loginCloud],
  ["GET POST", "/logout", logoutCloud],
  ["GET POST", "/authorize", authorizeCloud],
  ["POST", "/oauth/token", tokenCloud],
  ["POST", "/oauth/revoke", revokeCloud],
  ["GET", "/oauth/token/accessible-resources", accessibleResources],
  ["GET", "/me", me],
  ["GET POST", "/connected-apps", connectedApps],
  ["GET POST", "/api-tokens", ownTokens],
  ["*", "/ex/jira/{cloudId}/{rest*}", gateway],
  ["GET", "/sites/{name}", dashboard],
  ["GET", "/sites/{name}/", dashboard],
  ["GET", "/sites/{name}/browse/{key}", browseIssue],
  ["GET", "/sites/{name}/avatar.svg", avatar],
  ["GET", "/sites/{name}/_edge/tenant_info", tenantInfo],
  ["*", "/sites/{name}/rest/{rest*}", siteRest],
  ["GET POST", "/sites/{name}/plugins/servlet/oauth/request-token", requestTokenServlet],
  ["GET POST", "/sites/{name}/plugins/servlet/oauth/authorize", authorizeServlet],
  ["GET POST", "/sites/{name}/plugins/servlet/oauth/access-token", accessTokenServlet],
];

const dataCenterRows: readonly Row[] = [
  ["GET", "/", dashboard],
  ["GET", "/secure/Dashboard.jspa", dashboard],
  ["GET", "/avatar.svg", avatar],
  ["GET", "/browse/{key}", browseIssue],
  ["GET POST", "/login.jsp", loginDataCenter],
  ["GET POST", "/secure/Logout.jspa", logoutDataCenter],
  ["GET POST", "/logout", logoutDataCenter],
  ["GET POST", "/plugins/servlet/oauth/request-token", requestTokenServlet],
  ["GET POST", "/plugins/servlet/oauth/authorize", authorizeServlet],
  ["GET POST", "/plugins/servlet/oauth/access-token", accessTokenServlet],
  ["GET POST", "/plugins/servlet/oauth/users/access-tokens", authorizedApplications],
  ["GET", "/plugins/servlet/applinks/listApplicationLinks", listApplinks],
  ["GET POST", "/plugins/servlet/applinks/consumer", editConsumer],
  ["GET POST", "/plugins/servlet/applinks/incoming", createIncomingClient],
  ["GET", "/plugins/servlet/applinks/incoming/credentials", incomingClientCredentials],
  ["POST", "/plugins/servlet/applinks/remove", removeApplink],
  ["GET POST", "/rest/oauth2/latest/authorize", authorizeDataCenter],
  ["POST", "/rest/oauth2/latest/token", tokenDataCenter],
  ["GET POST", "/secure/ViewProfile.jspa", ownTokens],
  ["GET POST", "/rest/pat/latest/tokens", personalAccessTokens],
  ["GET DELETE", "/rest/pat/latest/tokens/{id}", personalAccessTokens],
  ["GET POST DELETE", "/rest/auth/{version}/session", sessionResource],
  ["*", "/rest/{rest*}", restDataCenter],
];

/** Every route of one face: sign-in, consent, tokens, pages and the REST mounts. */
export function authRoutes(face: Face): Route[] {
  const rows = face === "cloud" ? cloudRows : dataCenterRows;
  const decorate = face === "cloud" ? withEdgeHeaders : withServerHeaders;
  return rows.flatMap(([methods, pattern, handler]) =>
    methods.split(" ").map((method) => ({ method, pattern, handler: decorate(handler) })),
  );
}
