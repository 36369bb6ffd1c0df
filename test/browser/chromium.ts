/** A system Chromium, where there is one. */
import { accessSync, constants, mkdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const APPLICATIONS = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The path of a Chromium, or `undefined`; `LATCHKEY_TEST_CHROMIUM` names one that is elsewhere. */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const candidates = [
    process.env.LATCHKEY_TEST_CHROMIUM ?? "",
    ...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))),
    ...APPLICATIONS,
  ];
  return candidates.filter(Boolean).find(runs);
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

const SCREENSHOTS = join(dirname(fileURLToPath(import.meta.url)), "../screenshots");

/** A context whose pages note what the console complains of: a refused style or script stands there. */
export async function open(
  browser: Browser,
  options: { readonly dark?: boolean; readonly phone?: boolean; readonly script?: boolean } = {},
): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
  const context = await browser.newContext({
    viewport: options.phone ? { width: 375, height: 760 } : { width: 1280, height: 860 },
    colorScheme: options.dark ? "dark" : "light",
    javaScriptEnabled: options.script ?? true,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" && /Content Security Policy|Refused/i.test(message.text())) {
      complaints.push(message.text());
    }
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return { context, page, complaints };
}

/** Looks at a page wide and narrow: keeps pictures, and holds it to the rules. */
export async function look(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const before = page.viewportSize();
  for (const width of [1280, 320, 375]) {
    await page.setViewportSize({ width, height: 800 });
    const beyond = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
    expect(beyond, `${name} scrolls sideways at ${width} px`).toBeLessThanOrEqual(0);
    await page.screenshot({ path: join(SCREENSHOTS, `${name}-${width}.png`), fullPage: true });
    if (width !== 375) continue;
    // The narrow layout is the stricter one, and the wide one is the same document.
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.map(
      (one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`,
    );
    expect(found, `accessibility of ${name} at ${width} px`).toEqual([]);
  }
  if (before) await page.setViewportSize(before);
}

/** The same page in the dark. */
export async function lookInTheDark(page: Page, name: string): Promise<void> {
  await page.emulateMedia({ colorScheme: "dark" });
  await look(page, `${name}-dark`);
  await page.emulateMedia({ colorScheme: "light" });
}
