// Going back: the arrow and the browser's own "back" lead to the very place, in one step and at once.

import { expect, test } from "../phone.js";
import { doubleTap } from "../touch.js";

const SMALL = { viewport: { width: 390, height: 844 } };

const cards = (page) => page.locator(".results .story-card");
const arrow = (page) => page.locator(".top-bar > a.icon-button");
const depth = (page) => page.evaluate(() => history.length);
const scrolled = (page) => page.evaluate(() => scrollY);
/** Where one is, as the address says it. */
const place = (page) => {
  const { pathname, search } = new URL(page.url());
  return decodeURIComponent(pathname + search);
};

async function joined(phones, how = SMALL) {
  const phone = phones(how);
  await phone.open();
  await phone.join();
  await phone.canDoWithoutNetwork();
  return phone;
}

/** Searches, filters and asks for more, and opens a card far down. */
async function openFarDown(phone, { text, value, nth }) {
  const { page } = phone;
  await phone.goto("/");
  await page.getByRole("navigation").getByRole("link", { name: "Bibliotek" }).click();
  await page.locator("#q").fill(text);
  if (value) {
    const choice = page.getByLabel("Värdeord", { exact: true });
    await choice.selectOption(await choice.locator("option", { hasText: value }).getAttribute("value"));
  }
  const more = page.getByRole("button", { name: "Visa fler" });
  await more.click();
  await expect(cards(page).nth(nth)).toBeAttached();
  await cards(page).nth(nth).evaluate((card) => card.scrollIntoView({ block: "center", behavior: "instant" }));
  const before = { count: await cards(page).count(), scrolled: await scrolled(page) };
  const link = cards(page).nth(nth).locator("a");
  before.link = await link.getAttribute("href");
  await link.click();
  await page.locator(".story h1").waitFor();
  return before;
}

/** From the next "popstate" on, what each frame is about to show: how far it is scrolled, and how many cards it has. */
const watchFrames = (page) =>
  page.evaluate(() => {
    window.frames_ = [];
    const look = () => {
      window.frames_.push([Math.round(scrollY), document.querySelectorAll(".results .story-card").length]);
      if (window.frames_.length < 90) requestAnimationFrame(look);
    };
    addEventListener("popstate", () => requestAnimationFrame(look), { once: true });
  });

/** Every frame since then shows the list as it was left, the first one, too. */
async function isAsLeft(page, before) {
  await expect.poll(() => page.evaluate(() => window.frames_.length)).toBe(90);
  const frames = await page.evaluate(() => window.frames_);
  const others = frames.filter(([y, count]) => Math.abs(y - before.scrolled) > 3 || count !== before.count);
  expect(others, `frames unlike ${before.scrolled}, ${before.count}`).toEqual([]);
}

test("arrow and browser lead back to the search, its filter, its length and its place, in the first frame", async ({ phones }) => {
  const phone = await joined(phones);
  const { page } = phone;
  const before = await openFarDown(phone, { text: "k", value: "Omtanke", nth: 32 });
  const length = await depth(page);

  await watchFrames(page);
  await page.goBack();
  await isAsLeft(page, before);
  expect(place(page)).toMatch(/^\/bibliotek\?q=k&vardeord=[0-9a-f-]{36}&sidor=2$/);
  await expect(page.locator("#q")).toHaveValue("k");
  await expect(page.locator(`a[href="${before.link}"]`), "the card that was opened").toBeFocused();

  await page.goForward();
  await expect(page.locator(".story h1")).toBeVisible();
  await watchFrames(page);
  await arrow(page).tap();
  await isAsLeft(page, before);
  expect(place(page)).toMatch(/^\/bibliotek\?q=k&vardeord=[0-9a-f-]{36}&sidor=2$/);
  await expect(page.locator("#q")).toHaveValue("k");
  await expect(page.locator(`a[href="${before.link}"]`)).toBeFocused();
  const ringed = () => page.locator(`.story-card:has(a[href="${before.link}"])`).evaluate((card) => getComputedStyle(card).outlineStyle);
  expect(await ringed(), "a finger needs no ring").toBe("none");
  expect(await depth(page), "the arrow goes back, not on").toBe(length);

  await page.goForward();
  await expect.poll(() => place(page)).toBe(before.link);
  await arrow(page).focus();
  await page.keyboard.press("Enter");
  await expect(page.locator(`a[href="${before.link}"]`)).toBeFocused();
  expect(await ringed(), "the keyboard's ring").not.toBe("none");
  await page.goBack();
  expect(place(page), "and not to the story again").toBe("/");
});

test("a story that was reloaded leads back to the search it was opened from", async ({ phones }) => {
  const phone = await joined(phones);
  const { page } = phone;
  const before = await openFarDown(phone, { text: "kund", nth: 35 });
  await phone.reload();
  const length = await depth(page);
  await arrow(page).tap();
  await expect(cards(page)).toHaveCount(before.count);
  expect(place(page)).toBe("/bibliotek?q=kund&sidor=2");
  await expect.poll(() => scrolled(page)).toBeCloseTo(before.scrolled, -1);
  expect(await depth(page)).toBe(length);
});

test("a list that has to be fetched again is scrolled once it is there, however long that takes", async ({ phones }) => {
  const phone = await joined(phones);
  const { page } = phone;
  const before = await openFarDown(phone, { text: "kund", nth: 35 });
  await phone.reload();
  // The engine answers nothing until the second is over.
  await page.evaluate(() => {
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (...all) {
      setTimeout(() => post.apply(this, all), 1_000);
    };
  });
  await page.goBack();
  await expect(cards(page)).toHaveCount(before.count);
  await expect.poll(() => scrolled(page)).toBeCloseTo(before.scrolled, -1);
});

test("where nothing of ours comes before, the arrow leads to what is above, and not back again", async ({ phones }) => {
  const phone = await joined(phones);
  await phone.goto("/bibliotek");
  const story = await cards(phone.page).nth(0).locator("a").getAttribute("href");
  await phone.goto("/lara");
  const path = await phone.page.locator("main .story-card a").first().getAttribute("href");
  const above = { [story]: "/bibliotek", [path]: "/lara", [`${path}/2`]: path, [`${path}/visa`]: path, "/jag/ord": "/jag", "/beratta": "/", [`${path}/andra`]: path };
  for (const [address, parent] of Object.entries(above)) {
    const page = await phone.context.newPage();
    await page.goto(new URL(address, phone.solsken.url).href);
    await page.locator("html[data-ready]").waitFor({ state: "attached" });
    const length = await depth(page);
    const back = address.endsWith("visa") ? page.getByRole("link", { name: "Avsluta visningen" }).first() : arrow(page);
    await back.tap();
    await expect.poll(() => place(page), address).toBe(parent);
    expect(await depth(page), address).toBe(length);
    await page.close();
  }
});

test("the arrow leads to where a story was opened, past other stories, and says whither", async ({ phones }) => {
  const phone = await joined(phones);
  const { page } = phone;
  await phone.goto("/");
  await page.locator("main .story-card a").first().click();
  await expect(page.locator(".story h1")).toBeVisible();
  await expect(arrow(page)).toHaveAccessibleName("Tillbaka");
  await arrow(page).tap();
  await expect.poll(() => place(page)).toBe("/");

  await page.getByRole("navigation").getByRole("link", { name: "Bibliotek" }).click();
  await page.locator("#q").fill("tack");
  await expect(page.locator(".results mark").first()).toBeVisible();
  await cards(page).nth(1).locator("a").click();
  await page.locator(".story h1").waitFor();
  const first = place(page);
  // By the keyboard: a click where the card was is the rest of a double tap.
  await page.locator("#related ~ .story-card a").first().press("Enter");
  await expect.poll(() => place(page)).not.toBe(first);
  const length = await depth(page);
  const last = place(page);
  await expect(arrow(page)).toHaveAccessibleName("Tillbaka till biblioteket");
  await arrow(page).tap();
  await expect.poll(() => place(page)).toBe("/bibliotek?q=tack");
  expect(await depth(page)).toBe(length);
  for (let step = 0; step < 2; step += 1) await page.goForward();
  expect(place(page)).toBe(last);
});

test("stops, forms and the big screen lead back to their introduction without making the history longer", async ({ phones }) => {
  const phone = phones(SMALL);
  await phone.open();
  await phone.join({ role: "curator" });
  const { page } = phone;
  await phone.goto("/lara");
  await page.locator("main .story-card a").first().click();
  await page.locator("ol.path").waitFor();
  const path = place(page);
  const entries = await depth(page);
  const back = async (to = path) => {
    await arrow(page).tap();
    await expect.poll(() => place(page)).toBe(to);
  };
  await page.getByRole("link", { name: "Läs och tänk efter" }).tap();
  await page.getByRole("button", { name: "Visa vändningen" }).tap();
  await expect(async () => {
    await page.getByRole("link", { name: "Nästa stopp" }).tap({ timeout: 1_000 });
    expect(place(page)).toBe(`${path}/2`);
  }).toPass();
  await back();
  expect(await depth(page)).toBe(entries + 2);
  await page.getByRole("link", { name: "Ändra" }).tap();
  await expect.poll(() => place(page)).toBe(`${path}/andra`);
  await back();
  expect(await depth(page)).toBe(entries + 1);
  await page.getByRole("link", { name: "Visa på skärm" }).tap();
  await page.locator(".stage").waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => place(page)).toBe(path);
  expect(await depth(page)).toBe(entries + 1);
  // Changed and saved: the form is not come back to.
  await page.getByRole("link", { name: "Ändra" }).tap();
  await page.getByRole("button", { name: "Spara introduktionen" }).tap();
  await expect.poll(() => place(page)).toBe(path);
  await back("/lara");
  await page.goBack();
  expect(place(page)).not.toBe(path);
});

test("a double tap on the arrow does not hit what comes up in its place", async ({ phones }) => {
  const phone = await joined(phones);
  const { page } = phone;
  await page.locator("#q").fill("tack");
  await cards(page).first().locator("a").click();
  await page.locator(".story h1").waitFor();
  await doubleTap(phone, arrow(page));
  await expect(page.locator("#q")).toHaveValue("tack");
  await expect(cards(page).first().locator("a"), "where the first tap led, and nowhere else").toBeFocused();
  expect(place(page)).toBe("/bibliotek?q=tack");
});

test("a change that is left or saved leads back to its story, and from there to the search", async ({ phones }) => {
  const phone = phones(SMALL);
  await phone.open();
  await phone.join({ role: "curator" });
  const { page } = phone;
  await phone.search("tack");
  await cards(page).nth(1).locator("a").click();
  await page.locator(".story h1").waitFor();
  const story = place(page);
  await page.getByRole("button", { name: "Ändra" }).tap();
  await page.waitForURL(/beratta/);
  await arrow(page).tap();
  await expect.poll(() => place(page)).toBe(story);
  await page.getByRole("button", { name: "Ändra" }).tap();
  await page.locator("#situation").fill("Ändrat, med tack.");
  await page.getByRole("button", { name: "Spara" }).tap();
  await page.waitForURL(/klar/);
  await arrow(page).tap();
  await expect.poll(() => place(page)).toBe(story);
  // By the keyboard: a tap in the same place is the rest of a double tap.
  await arrow(page).press("Enter");
  await expect.poll(() => place(page)).toBe("/bibliotek?q=tack");
});
