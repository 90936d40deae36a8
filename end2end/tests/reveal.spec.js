// The turn of a story: after "Visa vändningen" it is what is seen and where the focus is, at every stop there is.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "../phone.js";
import { doubleTap } from "../touch.js";

const PHONES = [
  ["390×844", { viewport: { width: 390, height: 844 } }, 100],
  ["320×568", { viewport: { width: 320, height: 568 } }, 100],
  ["390×844 with text of 200 %", { viewport: { width: 390, height: 844 } }, 200],
];

/** A phone whose owner has set the size of text in the browser, and who has joined. */
async function joined(phones, how, size = 100) {
  const phone = phones(how);
  mkdirSync(join(phone.profile, "Default"));
  const settings = { webkit: { webprefs: { default_font_size: (16 * size) / 100 } } };
  writeFileSync(join(phone.profile, "Default", "Preferences"), JSON.stringify(settings));
  await phone.open();
  await phone.join();
  return phone;
}

/** The addresses of all introductions, as the screen lists them. */
async function introductions(phone) {
  await phone.goto("/lara");
  const links = phone.page.locator("main .story-card a");
  await links.first().waitFor();
  return links.evaluateAll((found) => found.map((link) => link.getAttribute("href")));
}

/** The addresses of all stops of an introduction. */
async function stops(phone, path) {
  await phone.goto(path);
  const rows = phone.page.locator("ol.path > li");
  await rows.first().waitFor();
  return Array.from({ length: await rows.count() }, (_, index) => `${path}/${index + 1}`);
}

async function everyStop(phone) {
  const found = [];
  for (const path of await introductions(phone)) found.push(...(await stops(phone, path)));
  return found;
}

const place = (phone) => new URL(phone.page.url()).pathname;
const button = (phone) => phone.page.getByRole("button", { name: "Visa vändningen" });

/** What is wrong with what is seen and where the focus is: nothing, where the turn's first line is read. */
const missing = (phone) =>
  phone.page.evaluate(() => {
    const turn = document.querySelector(".reveal");
    if (!turn) return "the turn is not there";
    if (!document.activeElement?.closest(".reveal")) return `the focus is on ${document.activeElement?.tagName}`;
    const words = document.createTreeWalker(turn, NodeFilter.SHOW_TEXT).nextNode();
    const range = document.createRange();
    range.selectNodeContents(words);
    const { left, right, top, bottom } = range.getClientRects()[0];
    if (top < 0 || bottom > innerHeight) return `the first line is at ${top} to ${bottom} of ${innerHeight}`;
    const covered = [top + 1, bottom - 1].find((y) => !turn.contains(document.elementFromPoint((left + right) / 2, y)));
    return covered === undefined ? "" : `something covers the first line at ${covered}`;
  });

const ring = (phone) => phone.page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);

for (const [name, how, size] of PHONES) {
  test(`at every stop the turn is seen and has the focus after a tap, a double tap and Enter (${name})`, async ({ phones }) => {
    const phone = await joined(phones, how, size);
    const addresses = await everyStop(phone);
    expect(addresses.length).toBeGreaterThan(1);
    for (const address of addresses) {
      await phone.goto(address);
      await button(phone).tap();
      await expect.soft.poll(() => missing(phone), `${address}, tapped`).toBe("");
      expect.soft(await ring(phone), "a finger needs no ring").toBe("none");

      await phone.goto(address);
      await button(phone).scrollIntoViewIfNeeded();
      await doubleTap(phone, button(phone));
      await expect.soft.poll(() => missing(phone), `${address}, tapped twice`).toBe("");
      expect.soft(place(phone)).toBe(address);

      await phone.goto(address);
      await button(phone).focus();
      await phone.page.keyboard.press("Enter");
      await expect.soft.poll(() => missing(phone), `${address}, by keyboard`).toBe("");
      expect.soft(await ring(phone), "the keyboard's ring").not.toBe("none");
    }
    // What was only tapped twice is not done.
    for (const path of new Set(addresses.map((address) => address.slice(0, address.lastIndexOf("/"))))) {
      await phone.goto(path);
      await expect.soft(phone.page.locator("ol.path > li").first()).toHaveAttribute("data-state", "here");
      await expect.soft(phone.page.locator("ol.path > li[data-state=done]")).toHaveCount(0);
    }
  });
}

test("a stop is done once its turn was seen and one goes on, and the next one begins at its top", async ({ phones }) => {
  const phone = await joined(phones, { viewport: { width: 390, height: 844 } });
  const { page } = phone;
  const [path] = await introductions(phone);
  const all = await stops(phone, path);
  await page.getByRole("link", { name: "Läs och tänk efter" }).tap();
  for (const [index, address] of all.entries()) {
    await expect.poll(() => place(phone)).toBe(address);
    await expect(button(phone)).toBeVisible();
    await expect(page.locator("main h1")).toBeFocused();
    await expect.poll(() => page.evaluate(() => scrollY)).toBe(0);
    // So soon after the last tap in the same place it is not meant yet.
    await expect(async () => {
      if (await button(phone).isVisible()) await button(phone).tap();
      expect(await missing(phone)).toBe("");
    }).toPass();
    // Later, a tap in the same place is meant.
    const onward = page.getByRole("link", { name: index + 1 < all.length ? "Nästa stopp" : "Klar" });
    await expect(async () => {
      await onward.tap({ timeout: 1_000 });
      expect(place(phone)).not.toBe(address);
    }).toPass();
  }
  await expect.poll(() => place(phone)).toBe(path);
  await expect(page.locator("ol.path > li[data-state=done]")).toHaveCount(all.length);
});

test("a double tap on the way to the next stop does not reveal its turn", async ({ phones }) => {
  const phone = await joined(phones, { viewport: { width: 390, height: 844 } });
  const [path] = await introductions(phone);
  const [first, second] = await stops(phone, path);
  await phone.goto(first);
  await button(phone).tap();
  await expect.poll(() => missing(phone)).toBe("");
  const onward = phone.page.getByRole("link", { name: "Nästa stopp" });
  await expect(async () => {
    if (await onward.isVisible()) await doubleTap(phone, onward);
    expect(place(phone)).toBe(second);
  }).toPass();
  await expect(button(phone)).toBeVisible();
  await expect(phone.page.locator(".reveal")).toHaveCount(0);
});

test("what the library hears meanwhile takes neither the turn nor the focus away", async ({ solsken, phones }) => {
  const phone = await joined(phones, { viewport: { width: 390, height: 844 } });
  const [path] = await introductions(phone);
  const [address] = await stops(phone, path);
  await phone.canDoWithoutNetwork();
  await phone.goto(address);
  await button(phone).tap();
  await expect.poll(() => missing(phone)).toBe("");
  await phone.page.evaluate(() => (document.activeElement.dataset.same = "yes"));
  const story = await phone.page.locator("main h1").innerText();
  // Somebody applauds the very story that is shown.
  const other = phones();
  await other.open();
  await other.join({ name: "Hassan M." });
  await other.search(story);
  await other.page.locator(".story-card a", { hasText: story }).click();
  const applause = other.page.getByRole("button", { name: /Applåd/ });
  const before = await applause.innerText();
  await applause.click();
  await expect(applause).not.toHaveText(before, { useInnerText: true });
  const ofStory = new URL(other.page.url()).pathname;
  const seen = await phone.context.newPage();
  await seen.goto(new URL(ofStory, solsken.url).href);
  await expect(seen.getByRole("button", { name: /Applåd/ })).not.toHaveText(before, { useInnerText: true });
  await seen.close();
  await expect(phone.page.locator("[data-same=yes]")).toBeFocused();
  expect(await missing(phone)).toBe("");
});

for (const [name, how] of [
  ["1280×800", { viewport: { width: 1280, height: 800 } }],
  ["390×844", { viewport: { width: 390, height: 844 } }],
  ["320×568", { viewport: { width: 320, height: 568 } }],
]) {
  test(`whoever presents sees every turn and every new stop from its beginning (${name})`, async ({ phones }) => {
    const phone = await joined(phones, how);
    const { page } = phone;
    for (const path of await introductions(phone)) {
      const total = (await stops(phone, path)).length;
      await phone.goto(`${path}/visa`);
      for (let stop = 1; ; stop += 1) {
        const title = await page.locator(".stage__title").innerText();
        await button(phone).scrollIntoViewIfNeeded();
        // So soon after the last tap in the same place it is not meant yet.
        await expect(async () => {
          if (await button(phone).isVisible()) await doubleTap(phone, button(phone));
          expect(await missing(phone)).toBe("");
        }).toPass();
        expect(place(phone)).toBe(`${path}/visa`);
        expect.soft(await page.locator(".stage__title").innerText(), "a double tap skips nothing").toBe(title);
        await page.keyboard.press("ArrowLeft");
        await expect.soft(page.locator(".stage__title")).toBeFocused();
        await page.keyboard.press("ArrowRight");
        await expect.soft.poll(() => missing(phone), `${title}, by a remote control`).toBe("");
        if (stop === total) break;
        await doubleTap(phone, page.getByRole("button", { name: "Nästa stopp" }));
        await expect(page.locator(".stage__bar")).toContainText(`${stop + 1} av ${total}`);
        await expect.soft(page.locator(".stage__title")).toBeFocused();
        expect.soft(await page.evaluate(() => [scrollY, document.querySelector("main").scrollTop])).toEqual([0, 0]);
        await expect.soft(button(phone)).toBeVisible();
      }
    }
  });
}
