import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { programOf } from "../../src/cli/program.ts";
import { environmentName, loadConfig, OPTIONS, requireSignInForPublicBind } from "../../src/config/index.ts";
import { root } from "./blocks.ts";

const dockerfile = readFileSync(join(root, "Dockerfile"), "utf8").replaceAll(/\\\n\s*/g, " ");
const compose = readFileSync(join(root, "deploy/compose.yaml"), "utf8");
const lines = dockerfile.split("\n");
const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { files: string[] };

const ofImage = Object.fromEntries(
  lines
    .filter((line) => line.startsWith("ENV "))
    .flatMap((line) => line.slice(4).trim().split(/\s+/))
    .map((pair) => pair.split("=") as [string, string]),
);
const ofCompose = Object.fromEntries(
  [...compose.matchAll(/^ {6}(LATCHKEY_\w+): (.+)$/gm)].map(([, name, value]) => [name!, value!]),
);

describe("the Dockerfile", () => {
  it("copies files that exist, and every one that the package is made of", () => {
    const copies = lines.filter((line) => line.startsWith("COPY ") && !line.includes("--from"));
    const sources = copies.flatMap((line) => line.split(/\s+/).slice(1, -1));
    expect(sources.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const ignored = readFileSync(join(root, ".dockerignore"), "utf8").split("\n");
    expect(sources.filter((path) => ignored.includes(path.replace("./", "")))).toEqual([]);
    expect(files.filter((path) => path !== "dist" && !sources.includes(path))).toEqual([]);
  });

  it("runs a command there is, with the file that package.json names", () => {
    const [node, file] = JSON.parse(/^ENTRYPOINT (.+)$/m.exec(dockerfile)![1]!) as string[];
    const [command] = JSON.parse(/^CMD (\[.+)$/m.exec(dockerfile)![1]!) as string[];
    const { bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      bin: { latchkey: string };
    };
    expect([node, file]).toEqual(["node", bin.latchkey]);
    const io = { stdout: { write: () => true }, stderr: { write: () => true } };
    const program = programOf(io as unknown as Parameters<typeof programOf>[0], "0", () => {});
    expect(program.commands.map((one) => one.name())).toContain(command);
  });

  it("runs on the Node.js the package needs, as a user who is not root", () => {
    const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      engines: { node: string };
    };
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map((found) => found[1]);
    expect(new Set(bases)).toEqual(new Set([`node:${/\d+/.exec(engines.node)![0]}-slim`]));
    expect(lines.findLast((line) => line.startsWith("USER "))).toBe("USER node");
  });

  it("asks for its health where the gateway answers, on the port it listens on", () => {
    const [, port, path] = /fetch\('http:\/\/127\.0\.0\.1:(\d+)(\/\w+)'\)/.exec(dockerfile)!;
    expect(port).toBe(ofImage.LATCHKEY_PORT);
    expect(dockerfile).toContain(`EXPOSE ${port}`);
    expect(readFileSync(join(root, "src/gateway/ops.ts"), "utf8")).toContain(`"${path}"`);
  });

  it("does not start before it knows who signs people in", () => {
    const config = loadConfig({ env: ofImage, flags: {} });
    expect(() => requireSignInForPublicBind(config)).toThrow(
      expect.objectContaining({ code: "public_bind_refused" }),
    );
  });
});

describe("the compose file", () => {
  it("sets variables there are, so that the image starts", () => {
    const known = OPTIONS.flatMap(({ name, kind }) => {
      const variable = environmentName(name);
      return kind === "secret" ? [variable, `${variable}_FILE`, `${variable}_COMMAND`] : [variable];
    });
    expect(Object.keys(ofCompose).filter((name) => !known.includes(name))).toEqual([]);
    const { LATCHKEY_KEY_FILE, ...rest } = ofCompose;
    expect(LATCHKEY_KEY_FILE).toBe("/run/secrets/latchkey_key");
    const config = loadConfig({ env: { ...ofImage, ...rest }, flags: {} });
    expect(() => requireSignInForPublicBind(config)).not.toThrow();
  });

  it("trusts the one proxy it starts, and publishes no port but the proxy's", () => {
    expect(compose).toContain(`ipv4_address: ${ofCompose.LATCHKEY_TRUSTED_PROXIES}`);
    expect(compose.match(/^ {4}ports:/gm)).toHaveLength(1);
    expect(compose.indexOf("ports:")).toBeGreaterThan(compose.indexOf("  proxy:"));
  });

  it("mounts files that are there", () => {
    const caddyfile = readFileSync(join(root, "deploy/Caddyfile"), "utf8");
    expect(compose).toContain("./Caddyfile:");
    expect(caddyfile).toContain(`header_up ${ofCompose.LATCHKEY_OWNER_HEADER} `);
    expect(caddyfile).toContain(`latchkey:${ofImage.LATCHKEY_PORT}`);
    expect(caddyfile).toContain(new URL(ofCompose.LATCHKEY_PUBLIC_URL!).host);
  });
});
