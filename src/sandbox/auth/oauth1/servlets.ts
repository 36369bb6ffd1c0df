import {
  type Handler,
  type Sandbox,
  type SandboxRequest,
  type SandboxResponse,
  text,
} from "../../message.ts";
import { cloudSite, dataCenter, type Instance } from "../instance.ts";
import { accessToken } from "./access-token.ts";
import { authorize } from "./approval.ts";
import { requestToken } from "./request-token.ts";

type Servlet = (request: SandboxRequest, instance: Instance, sandbox: Sandbox) => SandboxResponse;

/** The three servlets, on the Data Center face and, where that is switched on, under each Cloud site. */
export const requestTokenServlet: Handler = tokenServlet(requestToken);
export const accessTokenServlet: Handler = tokenServlet(accessToken);
export const authorizeServlet: Handler = mounted(authorize);

function tokenServlet(servlet: Servlet): Handler {
  return mounted((request, instance, sandbox) => {
    if (request.method === "POST" || sandbox.switch("token_url_get") === "accept") {
      return servlet(request, instance, sandbox);
    }
    request.note("the token URLs answer POST alone");
    return text(405, "HTTP method GET is not supported by this URL", [["Allow", "POST"]]);
  });
}

function mounted(servlet: Servlet): Handler {
  return (request, params, sandbox) => {
    const cloud = request.face === "cloud";
    const instance = cloud ? cloudSite(params.name ?? "", sandbox) : dataCenter(sandbox);
    if (!instance || (cloud && sandbox.switch("oauth1_on_cloud") === "off")) {
      request.note("Cloud sites do not answer OAuth 1.0a; use OAuth 2.0 (3LO)");
      return text(404, "Not Found");
    }
    return servlet(request, instance, sandbox);
  };
}
