/** Everything before Jira answers, and Latchkey itself, broken in each way the table knows. */
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo, Server } from "node:net";
import type { Diagnosis } from "../../src/doctor/index.ts";
import type { ErrorCode } from "../../src/errors.ts";
import { OWNER } from "../connect/hall.ts";
import { newAuthority } from "../transport/private.ts";
import type { Case, Surgery } from "./surgery.ts";

const SERVER_INFO = "/jira/rest/api/2/serverInfo";

function look(surgery: Surgery, site: string): Promise<Diagnosis> {
  return surgery.doctor.examine({ site, owner: OWNER, trust: "operator" });
}

async function at(server: Server, use: (port: number) => Promise<Diagnosis>): Promise<Diagnosis> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use((server.address() as AddressInfo).port);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** What cannot be brought about on one machine: the code alone, as the outward door gives it. */
const coded = (row: string, code: ErrorCode): Case => ({
  row,
  as: `the code ${code}`,
  run: async (surgery) => surgery.doctor.explain({ flavor: "datacenter-oauth1", code }),
});

export const MACHINE_CASES: readonly Case[] = [
  { row: "net-1", as: "a name nobody knows", run: (surgery) => look(surgery, "https://jira.invalid") },
  {
    row: "net-2",
    as: "a private address nobody allowed",
    run: async (surgery) =>
      surgery.examineRegistration(
        await surgery.registered("datacenter-oauth2", {
          site_base_url: "http://127.9.9.9/jira",
          allowance: false,
        }),
      ),
  },
  {
    row: "net-3",
    as: "nobody listens",
    run: async (surgery) => {
      let free = 0;
      const server = createHttp();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      free = (server.address() as AddressInfo).port;
      await new Promise((resolve) => server.close(resolve));
      return look(surgery, `http://127.0.0.1:${free}/jira`);
    },
  },
  coded("net-4", "unreachable"),
  coded("net-5", "timed_out"),
  {
    row: "net-6",
    as: "the connection is cut",
    run: async (surgery) => {
      const id = await surgery.registered("datacenter-oauth1");
      surgery.hall.sandbox.control.faults({ match: { path: SERVER_INFO }, cut: true });
      return surgery.examineRegistration(id);
    },
  },
  coded("net-7", "proxy_unreachable"),
  coded("net-8", "proxy_credentials_required"),
  coded("net-9", "proxy_refused"),
  {
    row: "net-10",
    as: "a certificate of an authority nobody knows",
    run: async (surgery) => {
      const { key, cert } = await (await newAuthority("Somebody")).issue("localhost");
      return at(createHttps({ key, cert }), (port) => look(surgery, `https://localhost:${port}/jira`));
    },
  },
  coded("net-11", "tls_client_certificate_required"),
  coded("net-12", "tls_client_certificate_refused"),
  {
    row: "net-13",
    as: "https where http is spoken",
    run: async (surgery) => look(surgery, surgery.hall.sandbox.dataCenterUrl.replace("http:", "https:")),
  },
  {
    row: "net-14",
    as: "everybody is sent elsewhere",
    run: async (surgery) =>
      at(
        createHttp((request, response) =>
          response.writeHead(301, { location: `https://jira.example${request.url}` }).end(),
        ),
        async (port) => {
          surgery.hall.allow(`http://127.0.0.1:${port}`);
          const site_base_url = `http://127.0.0.1:${port}`;
          return surgery.examineRegistration(
            await surgery.registered("datacenter-oauth2", { site_base_url }),
          );
        },
      ),
  },
  {
    row: "net-15",
    as: "another server",
    run: async (surgery) =>
      at(
        createHttp((_, response) => response.writeHead(404).end("nothing")),
        (port) => look(surgery, `http://127.0.0.1:${port}`),
      ),
  },
  {
    row: "net-16",
    as: "Jira starts",
    run: async (surgery) => {
      const id = await surgery.registered("datacenter-oauth1");
      surgery.hall.sandbox.control.faults({ match: { path: SERVER_INFO }, status: 503, body: "starting" });
      return surgery.examineRegistration(id);
    },
  },
  {
    row: "own-1",
    as: "nobody has registered this Jira",
    run: (surgery) => look(surgery, surgery.hall.sandbox.dataCenterUrl.replace("localhost", "127.0.0.1")),
  },
  {
    row: "own-2",
    as: "a draft",
    run: async (surgery) => {
      const { hall } = surgery;
      const { id } = await hall.vault.registrations.add({
        id: "a-draft",
        flavor: "datacenter-oauth2",
        client_id: "",
        site_base_url: hall.sandbox.dataCenterUrl,
        redirect_uri: "http://localhost:8080/callback/a-draft",
        scope: ["WRITE"],
        state: "draft",
        allowance: true,
      });
      return surgery.examineRegistration(id);
    },
  },
  {
    row: "own-3",
    as: "an operator suspended it",
    run: async (surgery) => {
      const id = await surgery.registered("datacenter-oauth1");
      await surgery.hall.vault.registrations.suspend(id, { code: "operator", at: Date.now(), evidence: {} });
      return surgery.examineRegistration(id);
    },
  },
  coded("own-4", "connection_pending"),
  coded("own-5", "connection_exported"),
  coded("own-6", "vault_quarantined"),
  coded("own-7", "connection_dead"),
  coded("own-8", "state_mismatch"),
  coded("own-9", "browser_mismatch"),
  {
    row: "own-10",
    as: "the redirect URI leads past the gateway",
    run: async (surgery) =>
      surgery.examineRegistration(
        await surgery.registered("datacenter-oauth1", { redirect_uri: "http://localhost:8080/elsewhere" }),
      ),
  },
  coded("own-11", "attempt_expired"),
  {
    row: "own-12",
    as: "an http redirect URI on another computer",
    run: async (surgery) =>
      surgery.examineRegistration(
        await surgery.registered("cloud", { redirect_uri: "http://product.example/callback" }),
      ),
  },
  {
    row: "own-13",
    as: "the person pressed Deny",
    run: async (surgery) => {
      await surgery.dance(await surgery.registered("cloud"), { press: "deny" });
      return (await surgery.doctor.last(OWNER))!;
    },
  },
  coded("own-14", "jira_forbidden"),
  coded("own-15", "jira_unauthorized"),
  coded("own-16", "account_mismatch"),
];
