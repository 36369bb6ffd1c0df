/**
 * Signed requests per second: Latchkey against `crypto.sign` alone (the limit), and against the npm packages `oauth`
 * and `oauth-1.0a` as their READMEs and the usual Jira tutorials use them. All contenders run in one process, in
 * alternating rounds, so that whatever else the machine does falls on all of them; medians are printed.
 *
 *   node bench/signing.ts [--rounds 12] [--slice-ms 120]
 */
import crypto from "node:crypto";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { prepareSigner } from "../src/protocol/oauth1/authorize.ts";
import { parsePrivateKey } from "../src/protocol/oauth1/key.ts";
import { signatureBaseString } from "../src/protocol/oauth1/signature.ts";
import { Secret } from "../src/secret.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "12" }, "slice-ms": { type: "string", default: "120" } },
});
const ROUNDS = Number(values.rounds);
const SLICE_MS = Number(values["slice-ms"]);
const IN_FLIGHT = 8;
const URL_TO_SIGN =
  "https://jira.example.com/jira/rest/api/2/search?jql=project%20%3D%20JJ%20ORDER%20BY%20created&startAt=0&maxResults=50&fields=summary%2Cstatus";
const TOKEN = "EQL3QdfAOgFYH56YrMqycRXB4IdjMy55";

type ClassicOAuth = new (
  ...settings: (string | null)[]
) => { authHeader(url: string, token: string, secret: string, method: string): string };
type OAuth10a = new (settings: {
  consumer: { key: string; secret: string };
  signature_method: string;
  hash_function(base_string: string, key: string): string;
}) => {
  authorize(request: { url: string; method: string }, token: { key: string; secret: string }): object;
  toHeader(authorized: object): { Authorization: string };
};

const need = createRequire(import.meta.url);
const { OAuth } = need("oauth") as { OAuth: ClassicOAuth };
const OneZeroA = need("oauth-1.0a") as OAuth10a;

const PACKAGES = [
  ["npm oauth 0.10", "oauth"],
  ["npm oauth-1.0a 2.2", "oauth-1.0a"],
] as const;

/** Works for about `SLICE_MS` and returns operations per second. */
type Contender = { readonly name: string; run(): Promise<number> };

function sync(name: string, once: () => unknown): Contender {
  return {
    name,
    async run() {
      const start = performance.now();
      let done = 0;
      do {
        once();
        done++;
      } while (performance.now() - start < SLICE_MS);
      return (done * 1000) / (performance.now() - start);
    },
  };
}

function pooled(name: string, once: () => Promise<unknown>): Contender {
  return {
    name,
    async run() {
      const start = performance.now();
      let done = 0;
      const lane = async () => {
        do {
          await once();
          done++;
        } while (performance.now() - start < SLICE_MS);
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
      return (done * 1000) / (performance.now() - start);
    },
  };
}

function contendersFor(modulusLength: number): Contender[] {
  const { privateKey } = crypto.generateKeyPairSync("rsa", { modulusLength });
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  const key = parsePrivateKey(pem);
  const signer = prepareSigner({ consumer_key: "OauthKey", key });
  const request = { method: "GET", url: URL_TO_SIGN, headers: { accept: "application/json" } };
  const oauth_token = new Secret(TOKEN);
  const moment = () => ({
    timestamp: Math.floor(Date.now() / 1000),
    nonce: crypto.randomBytes(16).toString("hex"),
    oauth_token,
  });
  const base = Buffer.from(
    signatureBaseString("GET", URL_TO_SIGN, [["oauth_token", TOKEN]]).padEnd(600, "x"),
  );

  const classic = new OAuth("", "", "OauthKey", pem, "1.0", null, "RSA-SHA1");
  const oneZeroA = new OneZeroA({
    consumer: { key: "OauthKey", secret: pem },
    signature_method: "RSA-SHA1",
    hash_function: (base_string) => crypto.createSign("RSA-SHA1").update(base_string).sign(pem, "base64"),
  });
  const token = { key: TOKEN, secret: "" };

  return [
    sync("crypto.sign alone, sync", () => crypto.sign("RSA-SHA1", base, key.keyObject)),
    sync("Latchkey, sync", () => signer.authorizeSync(request, moment())),
    pooled("crypto.sign alone, async", () => signAlone(base, key.keyObject)),
    pooled("Latchkey, async", () => signer.authorize(request, moment())),
    sync("npm oauth 0.10", () => classic.authHeader(URL_TO_SIGN, TOKEN, "", "GET")),
    sync("npm oauth-1.0a 2.2", () =>
      oneZeroA.toHeader(oneZeroA.authorize({ url: URL_TO_SIGN, method: "GET" }, token)),
    ),
  ];
}

function signAlone(data: Buffer, key: crypto.KeyObject): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    crypto.sign("RSA-SHA1", data, key, (error, signature) => (error ? reject(error) : resolve(signature)));
  });
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median of the rounds' own ratios: each compares neighbours in time. */
function ratio(rates: ReadonlyMap<string, number[]>, of: string, to: string): string {
  const [ours, theirs] = [rates.get(of)!, rates.get(to)!];
  return median(ours.map((rate, round) => rate / theirs[round]!)).toFixed(2);
}

async function bench(bits: number, goal: string): Promise<void> {
  const contenders = contendersFor(bits);
  for (const contender of contenders) await contender.run();
  const rates = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const contender of round % 2 ? contenders.toReversed() : contenders) {
      rates.get(contender.name)!.push(await contender.run());
    }
  }
  console.log(`\n### ${bits} bits\n\n| contender | signed requests per second (median) |\n| --- | ---: |`);
  for (const { name } of contenders) console.log(`| ${name} | ${Math.round(median(rates.get(name)!))} |`);
  console.log("\n| ratio | measured | goal |\n| --- | ---: | ---: |");
  console.log(
    `| Latchkey sync / crypto.sign sync | ${ratio(rates, "Latchkey, sync", "crypto.sign alone, sync")} | 0.9 |`,
  );
  console.log(
    `| Latchkey async / crypto.sign async | ${ratio(rates, "Latchkey, async", "crypto.sign alone, async")} | 0.9 |`,
  );
  for (const [name, title] of PACKAGES) {
    console.log(
      `| Latchkey as used (async) / ${title} as used | ${ratio(rates, "Latchkey, async", name)} | ${goal} |`,
    );
    console.log(`| Latchkey sync / ${title} | ${ratio(rates, "Latchkey, sync", name)} | |`);
    console.log(
      `| the limit: crypto.sign sync / ${title} | ${ratio(rates, "crypto.sign alone, sync", name)} | |`,
    );
  }
}

console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, ${ROUNDS} rounds of ${SLICE_MS} ms`,
);
await bench(2048, "3.3");
await bench(3072, "1.5");
