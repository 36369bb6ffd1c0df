/**
 * From a set-up that is broken to one that works, by the doctor's words alone: each walk is executed by
 * walks.test.ts and told in docs/doctor.md.
 */
import type { Cause, Diagnosis } from "../../src/doctor/index.ts";
import type { Flavor } from "../../src/protocol/index.ts";
import { Secret } from "../../src/secret.ts";
import { generateKeyPair } from "../../src/vault/index.ts";
import { CALLBACK, OWNER } from "../connect/hall.ts";
import { type Surgery, saidBy } from "./surgery.ts";

/** What the person has in hands. */
export type Patient = {
  readonly flavor: Flavor;
  registration_id?: string;
  connection_id?: string;
  /** Before anything is registered. */
  site?: string;
  /** What a page of Jira says. */
  said?: string | undefined;
  /** How the proxy before Jira is set up. */
  readonly proxy?: { passes_host: boolean };
};

export type Remedy = {
  /** What the person does, having read the words. */
  readonly does: string;
  readonly apply: (surgery: Surgery, patient: Patient, words: Cause) => Promise<void> | void;
};

export type Walk = {
  readonly title: string;
  readonly broken: string;
  readonly flavor: Flavor;
  readonly proxy?: { passes_host: boolean };
  readonly begin: (surgery: Surgery, patient: Patient, base_url: string) => Promise<void>;
  /** Row and remedy, in the order in which the doctor names them. */
  readonly steps: ReadonlyArray<readonly [row: string, remedy: Remedy]>;
};

const DAY_S = 86_400;

function update(patch: (surgery: Surgery, words: Cause) => object): Remedy["apply"] {
  return async (surgery, patient, words) => {
    await surgery.hall.vault.registrations.update(patient.registration_id!, patch(surgery, words));
  };
}

/** Enters in Jira what the registration shows. */
async function pasteIntoJira(surgery: Surgery, patient: Patient): Promise<void> {
  const { vault, sandbox } = surgery.hall;
  const { client_id, public_key } = await vault.registrations.get(patient.registration_id!);
  sandbox.control.register({ consumers: [{ key: client_id, public_key: public_key!.public_pem }] });
}

/** The first address among the words. */
function addressIn({ next_step }: Cause): string {
  const found = /https?:\/\/[^\s;,]+/.exec(next_step)?.[0];
  if (found === undefined) throw new Error(`No address in: ${next_step}`);
  return found.replace(/[.]$/, "");
}

async function again(surgery: Surgery, patient: Patient): Promise<void> {
  const { id } = await surgery.hall.vault.connections.get(OWNER, patient.connection_id!);
  await surgery.dance(patient.registration_id!, { reconnect: id });
}

const register =
  (flavor: Flavor, change: (surgery: Surgery) => object | Promise<object>): Walk["begin"] =>
  async (surgery, patient, base_url) => {
    const own = flavor === "cloud" ? {} : { site_base_url: base_url };
    patient.registration_id = await surgery.registered(flavor, { ...own, ...(await change(surgery)) });
  };

export const WALKS: readonly Walk[] = [
  {
    title: "Nobody has registered this Jira",
    broken: "A Jira Data Center, a computer with Latchkey, and nothing else.",
    flavor: "datacenter-oauth1",
    begin: async (_surgery, patient, base_url) => {
      patient.site = base_url.replace("localhost", "127.0.0.1");
    },
    steps: [
      [
        "own-1",
        {
          does: "adds a registration with a new key pair",
          apply: async (surgery, patient) => {
            const { private_pem } = await generateKeyPair({ now: Date.now });
            surgery.hall.allow(patient.site!);
            patient.registration_id = await surgery.registered("datacenter-oauth1", {
              site_base_url: patient.site!,
              client_id: "walk-key",
              private_key: private_pem,
            });
          },
        },
      ],
      ["dc-7", { does: "enters key and public key on the incoming side of the link", apply: pasteIntoJira }],
    ],
  },
  {
    title: "The context path is missing",
    broken: "The registration holds the address of the host, and Jira lives below /jira.",
    flavor: "datacenter-oauth1",
    begin: async (surgery, patient, base_url) => {
      const { origin } = new URL(base_url);
      surgery.hall.allow(origin);
      patient.registration_id = await surgery.registered("datacenter-oauth1", { site_base_url: origin });
    },
    steps: [
      [
        "dc-18",
        {
          does: "changes the base URL to the address that is named",
          apply: update((_surgery, words) => ({ site_base_url: addressIn(words) })),
        },
      ],
    ],
  },
  {
    title: "A proxy that hides the address",
    broken: "A reverse proxy stands before Jira and does not hand on the Host that people use.",
    flavor: "datacenter-oauth1",
    proxy: { passes_host: false },
    begin: register("datacenter-oauth1", () => ({})),
    steps: [
      [
        "dc-1",
        {
          does: "lets the proxy pass the Host header through",
          apply: (_surgery, patient) => {
            patient.proxy!.passes_host = true;
          },
        },
      ],
    ],
  },
  {
    title: "A key that is not the pair",
    broken: "The key pair was made anew, and Jira still holds the public key of the old one.",
    flavor: "datacenter-oauth1",
    begin: register("datacenter-oauth1", async ({ hall }) => {
      hall.sandbox.control.register({ consumers: [{ key: "walk-pair", public_key: hall.keys.public_pem }] });
      return { client_id: "walk-pair", private_key: (await generateKeyPair({ now: Date.now })).private_pem };
    }),
    steps: [["dc-2", { does: "pastes the public key again", apply: pasteIntoJira }]],
  },
  {
    title: "A clock that is a quarter of an hour behind",
    broken: "The computer's clock was never set.",
    flavor: "datacenter-oauth1",
    begin: async (surgery, patient, base_url) => {
      await register("datacenter-oauth1", () => ({}))(surgery, patient, base_url);
      surgery.hall.clock.ahead_ms = -900_000;
    },
    steps: [
      [
        "dc-8",
        {
          does: "sets the clock by NTP",
          apply: (surgery) => {
            surgery.hall.clock.ahead_ms = 0;
          },
        },
      ],
    ],
  },
  {
    title: "A callback of an app on a telephone",
    broken:
      "The registration's callback is myapp://callback, and its consumer key is written differently in Jira.",
    flavor: "datacenter-oauth1",
    begin: register("datacenter-oauth1", () => ({ redirect_uri: "myapp://callback", client_id: "oauthKEY" })),
    steps: [
      ["dc-13", { does: "registers an http callback", apply: update(() => ({ redirect_uri: CALLBACK })) }],
      ["dc-7", { does: "enters the key in Jira exactly as it is named", apply: pasteIntoJira }],
    ],
  },
  {
    title: "OAuth 2.0 of Data Center with what belongs to Cloud",
    broken: "The client secret was copied with a letter missing, and the scopes are those of Cloud.",
    flavor: "datacenter-oauth2",
    begin: register("datacenter-oauth2", () => ({
      client_secret: new Secret("sandbox-dc-secre"),
      scope: ["read:jira-work"],
    })),
    steps: [
      [
        "dc-client",
        {
          does: "copies client id and secret again",
          apply: update(() => ({ client_secret: new Secret("sandbox-dc-secret") })),
        },
      ],
      ["dc-21", { does: "asks for WRITE", apply: update(() => ({ scope: ["WRITE"] })) }],
    ],
  },
  {
    title: "A Cloud app that loses its users every hour",
    broken: "The client secret is an old one, and offline_access was forgotten among the scopes.",
    flavor: "cloud",
    begin: register("cloud", () => ({
      client_secret: new Secret("an-old-cloud-secret"),
      scope: ["read:jira-user", "read:jira-work"],
    })),
    steps: [
      [
        "cloud-13",
        {
          does: "copies the secret again from the developer console",
          apply: update(() => ({ client_secret: new Secret("sandbox-cloud-secret") })),
        },
      ],
      [
        "cloud-2",
        {
          does: "adds offline_access to the scopes",
          apply: update(() => ({ scope: ["read:jira-user", "read:jira-work", "offline_access"] })),
        },
      ],
    ],
  },
  {
    title: "A connection that nobody used for three months",
    broken: "The gateway was switched off for 91 days, and Jira no longer takes the refresh token.",
    flavor: "cloud",
    begin: async (surgery, patient, base_url) => {
      await register("cloud", () => ({}))(surgery, patient, base_url);
      patient.connection_id = await surgery.connected("cloud", patient.registration_id);
      surgery.hall.sandbox.control.advance(91 * DAY_S);
    },
    steps: [["cloud-1", { does: "connects again", apply: again }]],
  },
  {
    title: "Jira's page says Callback URL mismatch",
    broken: "The application's callback was moved, and the developer console still holds the old one.",
    flavor: "cloud",
    begin: async (surgery, patient, base_url) => {
      await register("cloud", () => ({ redirect_uri: `${CALLBACK}/moved` }))(surgery, patient, base_url);
      patient.said = String(await surgery.dance(patient.registration_id!));
    },
    steps: [
      [
        "cloud-4",
        {
          does: "pastes what the page said, and enters the callback in the console",
          apply: async (surgery, patient) => {
            const { redirect_uri } = await surgery.hall.vault.registrations.get(patient.registration_id!);
            surgery.hall.sandbox.control.register({ redirect_uris: [redirect_uri] });
            patient.said = undefined;
          },
        },
      ],
    ],
  },
];

/** Where the patient stands now: the words on a page, the connection, the registration, or an address. */
export function lookAt(surgery: Surgery, patient: Patient): Promise<Diagnosis> {
  const { said, connection_id, registration_id, site, flavor } = patient;
  if (said !== undefined) return Promise.resolve(saidBy(surgery, said, flavor));
  if (connection_id !== undefined) return surgery.examine(connection_id);
  if (registration_id !== undefined) return surgery.examineRegistration(registration_id);
  return surgery.doctor.examine({ site: site ?? "", owner: OWNER, trust: "operator" });
}
