import { spawn } from "node:child_process";

/**
 * Opens the person's browser; where there is none nothing happens, the address was printed already.
 *
 * @param chosen a program that takes the address, as `BROWSER` names one; by default the machine's own choice
 */
export function openBrowser(url: string, chosen?: string): void {
  const [command, args] = chosen
    ? [chosen, [url]]
    : process.platform === "darwin"
      ? ["open", [url]]
      : process.platform === "win32"
        ? ["rundll32", ["url.dll,FileProtocolHandler", url]]
        : ["xdg-open", [url]];
  try {
    const child = spawn(command as string, args as string[], { stdio: "ignore", detached: true });
    child.on("error", () => {});
    child.unref();
  } catch {
    // No browser to start: the printed address is the way.
  }
}
