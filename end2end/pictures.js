// Takes the README's pictures of the real screens: `cargo xtask pictures`.

import { Phone } from "./phone.js";
import { Solsken } from "./solsken.js";

const FOLDER = new URL("../docs/pictures/", import.meta.url).pathname;
const SCREEN = { viewport: { width: 390, height: 780 }, deviceScaleFactor: 1.5, reducedMotion: "reduce" };

const solsken = await Solsken.start();
const phone = new Phone(solsken, SCREEN);
const take = async (name) => {
  await phone.page.evaluate(() => document.fonts.ready);
  await phone.page.screenshot({ path: `${FOLDER}${name}.png` });
};

try {
  const page = await phone.open();
  await phone.join({ role: "curator" });
  await phone.canDoWithoutNetwork();

  await phone.search("fel priser");
  await page.locator(".story-card mark").first().waitFor();
  await take("search");
  await page.locator(".story-card a").first().click();
  await page.locator(".reactions, .said").first().waitFor();
  await take("story");

  await phone.goto("/beratta");
  const parts = page.locator("textarea");
  await parts.nth(0).fill("Strax före stängning i lördags kom en kvinna in med en trasig lampa. Hon hade fått den av sin mormor.");
  await parts.nth(1).fill("Micke i verkstaden stannade kvar och bytte sladden.");
  await parts.nth(2).fill("Hon kom tillbaka med bullar på måndagen.");
  await page.locator(".dock", { hasText: "Utkast sparat" }).waitFor();
  await page.evaluate(() => window.scrollTo(0, 0));
  await take("tell");
  await page.locator(".dock button").click();
  await page.locator(".slip li[data-state=confirmed]").nth(1).waitFor();
  await take("receipt");

  await phone.goto("/lara");
  await page.locator("main a[href^='/lara/']:not([href='/lara/ny'])").first().click();
  await page.locator("main ol, main .stops, main .path").first().waitFor();
  await take("path");
  const path = new URL(page.url()).pathname;
  await page.setViewportSize({ width: 1280, height: 800 });
  await phone.goto(`${path}/visa`);
  await page.locator(".stage").first().waitFor();
  await take("present");
} finally {
  await phone.end();
  await solsken.end();
}
