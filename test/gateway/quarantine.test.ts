import { expect, it, onTestFinished } from "vitest";
import { newBrowser, openHouse, walk } from "./house.ts";

it("every page of a copied vault says that nothing is renewed, and what the operator must do", async () => {
  const house = await openHouse({ flavors: ["cloud"] });
  onTestFinished(() => house.close());
  const browser = newBrowser();
  const connection = await walk(house, browser, "cloud");
  const words = "No connection is renewed here.";
  expect(connection.text).not.toContain(words);
  await house.hall.vault.upkeep.quarantine();
  for (const url of [connection.url, `${house.url}/`, `${house.url}/dances`]) {
    const page = await browser.open(url);
    expect(page.status).toBe(200);
    expect(page.text).toContain(words);
    expect(page.text).toContain("latchkey vault confirm --original-stopped");
  }
  await house.hall.vault.upkeep.confirm();
  expect((await browser.open(`${house.url}/`)).text).not.toContain(words);
});
