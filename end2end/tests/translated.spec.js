// A browser translates the page while the app runs: what changes afterwards is seen all the same.

import { translate } from "../altered.js";
import { expect, test } from "../phone.js";

/** How many were found, and in which order. */
const found = (page) => page.locator(".find__result > span").first();

async function libraryOf(phones) {
  const phone = phones();
  await phone.open();
  await phone.join();
  await phone.canDoWithoutNetwork();
  return phone;
}

for (const how of ["replace", "wrap"]) {
  test(`a search says how much it found on a translated page (${how})`, async ({ phones }) => {
    const phone = await libraryOf(phones);
    const { page } = phone;
    const said = { kund: /^\d+ berättelser, bästa först$/, mandarin: "1 berättelse", xyzzy: "Inga träffar" };
    await phone.goto("/bibliotek");
    await expect(found(page)).toContainText("nyast först");
    await translate(page, how);
    for (const words of ["kund", "mandarin", "xyzzy", "kund"]) {
      await page.locator("#q").fill(words);
      await expect(found(page)).toHaveText(said[words]);
      // A translator goes on with what is new.
      await translate(page, how);
    }
  });

  test(`reactions, the draft's state and the receipt are seen on a translated page (${how})`, async ({ phones }) => {
    const phone = await libraryOf(phones);
    const { page } = phone;
    await page.locator(".results .story-card a").first().click();
    const count = page.locator(".reaction__count").first();
    const before = Number(await count.textContent());
    await translate(page, how);
    // By the keyboard: a click near the one that opened the story is the rest of a double tap.
    await page.locator(".reaction").first().press("Enter");
    await expect(count).toHaveText(String(before + 1));
    await page.locator(".reaction").first().press("Enter");
    await expect(count).toHaveText(String(before));

    await phone.goto("/beratta");
    await translate(page, how);
    const line = page.locator(".saved-line");
    await page.locator("#situation").fill("En kund glömde sin paraply.");
    await expect(line).toContainText("Utkast sparat");
    await expect(line).not.toContainText(/Xxx|xxx/);

    await phone.context.setOffline(true);
    await page.locator(".dock button").click();
    const step = page.locator(".slip .step").nth(1);
    await expect(step).toHaveAttribute("data-state", "waiting");
    await translate(page, how);
    await phone.context.setOffline(false);
    await expect(step).toHaveAttribute("data-state", "confirmed");
    await expect(step).toContainText("klart");
    await expect(step.locator(".step__when")).toHaveText(/^\d\d:\d\d$/);
    await expect(step.locator(".step__note")).toHaveCount(0);
  });
}

test("whoever ends the translation has every text as it was", async ({ phones }) => {
  const phone = await libraryOf(phones);
  const { page } = phone;
  const main = page.locator("main");
  await expect(page.locator(".results .story-card").first()).toBeVisible();
  const before = await main.textContent();
  // A translator that has kept the text nodes that it took out puts them back; another makes new ones.
  for (const makesNew of [false, true]) {
    await translate(page);
    await expect(main).toContainText("Xxx");
    await page.evaluate((makesNew) => {
      for (const font of document.querySelectorAll("font:not(font font)")) {
        const { text, words } = window.originals.get(font);
        font.replaceWith(makesNew ? document.createTextNode(words) : text);
      }
    }, makesNew);
    await expect.poll(() => main.textContent()).toBe(before);
    await page.locator("#q").fill("xyzzy");
    await expect(found(page)).toContainText("Inga träffar");
    await page.locator("#q").fill("");
    await expect.poll(() => main.textContent()).toBe(before);
  }
});
