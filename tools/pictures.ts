/**
 * Takes the pictures of the README from the running demo: `node tools/pictures.ts`. Needs a Chromium
 * (`LATCHKEY_TEST_CHROMIUM` names one that is not on the PATH) and the demo's ports.
 */
import { spawn } from "node:child_process";
import { accessSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright-core";

const root = fileURLToPath(new URL("..", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "latchkey-pictures-"));
const gateway = "http://localhost:8080";

const demo = spawn(process.execPath, [join(root, "src/bin.ts"), "demo", "--home", home], {
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  await Promise.race([
    new Promise((resolve) => demo.stdout.once("data", resolve)),
    new Promise((_, reject) => demo.once("exit", () => reject(new Error("The demo did not start.")))),
    new Promise((resolve) => setTimeout(resolve, 4_000)),
  ]);
  await takeAll();
} finally {
  demo.kill("SIGTERM");
  await new Promise((resolve) => demo.once("close", resolve));
  rmSync(home, { recursive: true, force: true });
}

async function takeAll(): Promise<void> {
  const browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox"] });
  const page = await browser.newPage({ viewport: { width: 1000, height: 640 }, colorScheme: "light" });
  mkdirSync(join(root, "docs/pictures"), { recursive: true });

  await begin(page, "acme");
  await signIn(page);
  await take(page, "consent", 860);
  await page.selectOption('select[name="cloud_id"]', { label: await optionOf(page, "acme") });
  await page.click('button[name="approve"]');
  await page.waitForURL(/\/connections\//);
  await take(page, "connection", 930);
  await browser.close();
}

/** Types an address and goes where Jira asks. */
async function begin(page: Page, site: string): Promise<void> {
  await page.goto(`${gateway}/connect`);
  await page.fill('input[name="site"]', site);
  await page.press('input[name="site"]', "Enter");
  await page.waitForURL((url) => url.origin !== gateway);
}

async function signIn(page: Page): Promise<void> {
  if ((await page.locator('input[name="username"]').count()) === 0) return;
  await page.fill('input[name="username"]', "alana");
  await page.fill('input[name="password"]', "alana");
  await page.press('input[name="password"]', "Enter");
  await page.waitForSelector('button[name="approve"]');
}

async function optionOf(page: Page, name: string): Promise<string> {
  const labels = await page.locator('select[name="cloud_id"] option').allTextContents();
  return labels.find((label) => label.includes(name)) ?? name;
}

/** The top of a page, as much of it as there is. */
async function take(page: Page, name: string, height: number): Promise<void> {
  const path = join(root, "docs/pictures", `${name}.png`);
  await page.setViewportSize({ width: 1000, height });
  await page.screenshot({ path, animations: "disabled" });
}

function findChromium(): string {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const candidates = [
    process.env.LATCHKEY_TEST_CHROMIUM ?? "",
    ...(process.env.PATH ?? "").split(delimiter).flatMap((folder) => names.map((name) => join(folder, name))),
  ];
  const found = candidates.filter(Boolean).find((path) => {
    try {
      accessSync(path);
      return true;
    } catch {
      return false;
    }
  });
  if (!found) throw new Error("There is no Chromium; name one in LATCHKEY_TEST_CHROMIUM.");
  return found;
}
