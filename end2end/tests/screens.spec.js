// What a screen shows of text it was not made for, and what fingers and keys do there.

import { expect, test } from "../phone.js";
import { overflow } from "../overflow.js";

const SMALL = { viewport: { width: 390, height: 844 } };
const STAGE = { viewport: { width: 1280, height: 800 }, hasTouch: false, isMobile: false, reducedMotion: "reduce" };

async function started(phones, how) {
  const phone = phones(how);
  await phone.open();
  return phone;
}

test("a double tap does not sign out, and neither does it take the question away", async ({ phones }) => {
  const phone = await started(phones, SMALL);
  await phone.join();
  await phone.goto("/jag");
  const { page } = phone;
  const sure = page.getByRole("button", { name: "Ja, logga ut" });
  // What stands above it is there, and moves it no more.
  await page.locator(".banner[data-tone=leaf]").waitFor();
  await page.getByRole("button", { name: "Skydda lagringen" }).waitFor();
  await page.getByRole("button", { name: "Logga ut" }).scrollIntoViewIfNeeded();
  const { x, y, width, height } = await page.getByRole("button", { name: "Logga ut" }).boundingBox();
  for (const at of [4, width / 2, width - 4]) {
    await page.mouse.dblclick(x + at, y + height / 2);
    await expect(sure).toBeVisible();
    await expect(page).toHaveURL(/jag/);
    // Later, it is meant.
    await expect(async () => {
      await page.getByRole("button", { name: "Nej, stanna kvar" }).click({ timeout: 1_000 });
      await expect(sure).toBeHidden({ timeout: 100 });
    }).toPass();
  }
});

test("no word is too long for a screen", async ({ phones }) => {
  const phone = await started(phones, SMALL);
  await phone.join({ role: "curator" });
  const { page } = phone;
  const word = `https://exempel.se/${"kundvagnsparkering".repeat(12)}`;
  await phone.goto("/beratta");
  await page.locator(".more__summary").click();
  for (const part of ["situation", "action", "outcome", "quote", "title", "lesson"]) {
    await page.locator(`#${part}`).fill(`${word.slice(0, 180)} ${part}`);
  }
  await page.locator("#own-tag").fill("t".repeat(78));
  await page.locator("#own-tag").press("Enter");
  expect.soft(await overflow(phone), "telling").toEqual([]);
  await page.locator(".dock button").click();
  await page.locator(".slip").waitFor();
  expect.soft(await overflow(phone), "told").toEqual([]);
  const story = await page.getByRole("link", { name: "Läs den" }).getAttribute("href");
  await phone.goto("/lara/ny");
  await page.getByLabel("Namn").fill(word.slice(0, 190));
  await page.getByRole("button", { name: /^Lägg till https/ }).click();
  await page.locator(".stop textarea").fill(word);
  expect.soft(await overflow(phone), "making a path").toEqual([]);
  await page.getByRole("button", { name: "Spara introduktionen" }).click();
  await expect(page).toHaveURL(/\/lara\/[0-9a-f-]{36}$/);
  const path = new URL(page.url()).pathname;
  for (const address of [story, "/", "/bibliotek", "/jag", "/lara", path, `${path}/1`, `${path}/visa`]) {
    await phone.goto(address);
    const reveal = page.getByRole("button", { name: "Visa vändningen" });
    await page.locator("main h1").waitFor();
    expect.soft(await overflow(phone), address).toEqual([]);
    if (await reveal.count()) {
      await reveal.click();
      await page.locator(".reveal").first().waitFor();
      expect.soft(await overflow(phone), `${address}, revealed`).toEqual([]);
    }
  }
});

test("what is written from right to left reads that way", async ({ phone }) => {
  await phone.join();
  await phone.tell({ happened: "לקוחה באה לחנות עם מנורה.", did: "تحدثنا معها ثم ساعدناها" });
  await phone.page.getByRole("link", { name: "Läs den" }).click();
  const direction = (locator) => locator.evaluate((element) => getComputedStyle(element).direction);
  for (const text of [phone.page.locator("h1"), phone.page.locator(".story__part p").first()]) {
    await text.waitFor();
    expect(await direction(text)).toBe("rtl");
  }
  expect(await direction(phone.page.locator(".story__part h2").first())).toBe("ltr");
});

/** Whether the last of what is to be read can be seen. */
const endIsSeen = (page) =>
  page.evaluate(() => {
    const bar = document.querySelector(".stage__hidden").getBoundingClientRect();
    const end = [...document.querySelectorAll("main p")].at(-1).getBoundingClientRect();
    return end.bottom <= bar.top && end.top >= 0;
  });

test("on the big screen nothing of the sample paths is hidden", async ({ phones }) => {
  const phone = await started(phones, STAGE);
  await phone.join();
  const { page } = phone;
  await phone.goto("/lara");
  await page.locator("main .story-card a").first().waitFor();
  const paths = await page.locator("main .story-card a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  let stops = 0;
  for (const path of paths) {
    await phone.goto(`${path}/visa`);
    for (;;) {
      await page.getByRole("button", { name: "Visa vändningen" }).waitFor();
      const title = await page.locator("h1").innerText();
      expect.soft(await endIsSeen(page), `${title}, asked`).toBe(true);
      await page.keyboard.press("ArrowRight");
      await page.locator(".reveal").first().waitFor();
      expect.soft(await endIsSeen(page), `${title}, revealed`).toBe(true);
      const size = await page.locator(".stage__situation p").first().evaluate((p) => parseFloat(getComputedStyle(p).fontSize));
      expect.soft(size, title).toBeGreaterThan(26);
      stops += 1;
      if ((await page.getByRole("button", { name: "Nästa stopp" }).count()) === 0) break;
      await page.keyboard.press("ArrowRight");
    }
  }
  expect(stops).toBe(11);
});

test("on the big screen what is long scrolls above the bar before a remote control goes on", async ({ phones }) => {
  const phone = await started(phones, STAGE);
  await phone.join({ role: "curator" });
  const { page } = phone;
  await phone.tell({ happened: "Regnet.", did: "Vi bar in grillarna, en efter en, hela kvällen. ".repeat(60), went: "Sen sken solen." });
  await phone.goto("/lara/ny");
  await page.getByLabel("Namn").fill("Lång väg");
  await page.getByRole("button", { name: /^Lägg till Regnet/ }).click();
  await page.getByRole("button", { name: "Spara introduktionen" }).click();
  await expect(page).toHaveURL(/\/lara\/[0-9a-f-]{36}$/);
  await phone.goto(`${new URL(page.url()).pathname}/visa`);
  await page.getByRole("button", { name: "Visa vändningen" }).waitFor();
  await page.keyboard.press("PageDown");
  await page.locator(".reveal").first().waitFor();
  expect(await endIsSeen(page)).toBe(false);
  const scrolled = () => page.locator("main").evaluate((main) => main.scrollTop);
  await page.keyboard.press("ArrowDown");
  expect(await scrolled()).toBeGreaterThan(50);
  await page.keyboard.press("ArrowUp");
  expect(await scrolled()).toBe(0);
  await expect(async () => {
    await page.keyboard.press("PageDown");
    expect(await endIsSeen(page)).toBe(true);
  }).toPass();
  await page.keyboard.press("Home");
  await expect(async () => {
    await page.keyboard.press("PageUp");
    await expect(page.getByRole("button", { name: "Visa vändningen" })).toBeVisible({ timeout: 100 });
  }).toPass();
});

test("all five tabs stay on the screen with large text", async ({ phones }) => {
  const phone = await started(phones, SMALL);
  await phone.join();
  const { page } = phone;
  for (const address of ["/", "/bibliotek", "/lara", "/jag"]) {
    await phone.goto(address);
    await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
    expect.soft(await overflow(phone), address).toEqual([]);
    for (const name of ["Hem", "Bibliotek", "Berätta", "Lära", "Jag"]) {
      const tab = page.getByRole("navigation").getByRole("link", { name, exact: true });
      await expect.soft(tab, `${name} at ${address}`).toBeInViewport({ ratio: 1 });
      expect.soft((await tab.boundingBox()).height).toBeGreaterThanOrEqual(48);
    }
  }
});

test("who saves before joining is told that the words are kept", async ({ phones }) => {
  const phone = await started(phones, SMALL);
  const { page } = phone;
  const kept = page.getByText("Det du skrev ligger kvar på telefonen");
  await phone.goto("/ga-med");
  await expect(page.getByLabel("Kod")).toBeVisible();
  await expect(kept).toHaveCount(0);
  await phone.goto("/beratta");
  await page.locator("#situation").fill("En kund kom tillbaka med kaffe.");
  await page.locator(".dock button").click();
  await expect(page).toHaveURL(/ga-med\?utkast=/);
  await expect(kept).toBeVisible();
});

test("what is too long says so before the tap", async ({ phone }) => {
  await phone.join();
  await phone.goto("/beratta");
  const line = phone.page.locator(".saved-line");
  await phone.page.locator("#situation").fill("å".repeat(10_001));
  await expect(line).toHaveText("Texten är för lång för att sparas som berättelse");
  await phone.page.locator(".dock button").click();
  await expect(phone.page.getByRole("alert")).toContainText("10\u202f001 av 10\u202f000 tecken");
  await phone.page.locator("#situation").fill("å".repeat(10_000));
  await expect(line).toContainText("Utkast sparat");
});

test("how much was found is said in one place, also when it is nothing", async ({ phone }) => {
  await phone.join();
  await phone.goto("/bibliotek");
  const said = phone.page.locator(".find__result");
  await expect(said).toHaveRole("status");
  await expect(said).toContainText(/^\d+ berättelser, nyast först/);
  await said.evaluate((element) => (element.dataset.same = "yes"));
  await phone.page.locator("#q").fill("zzzzzzzzzzz");
  await expect(said).toContainText("Inga träffar");
  await phone.page.locator("#q").fill("kund");
  await expect(said).toContainText("bästa först");
  await expect(said).toHaveAttribute("data-same", "yes");
});

test("an address that leads nowhere lights no tab", async ({ phone }) => {
  await phone.join();
  await phone.goto("/finns-inte");
  await expect(phone.page.getByRole("heading", { name: "Sidan finns inte" })).toBeVisible();
  await expect(phone.page.locator(".tab-bar .tab")).toHaveCount(5);
  await expect(phone.page.locator(".tab-bar [aria-current]")).toHaveCount(0);
});

test("whoever changes the language by keyboard is still there", async ({ phone }) => {
  await phone.join();
  await phone.goto("/jag");
  await phone.page.getByLabel("Svenska").focus();
  await phone.page.keyboard.press("ArrowRight");
  await expect(phone.page.getByRole("button", { name: "Sign out" })).toBeVisible();
  await expect(phone.page.getByLabel("English")).toBeFocused();
  await phone.page.keyboard.press("ArrowLeft");
  await expect(phone.page.getByRole("button", { name: "Logga ut" })).toBeVisible();
  await expect(phone.page.getByLabel("Svenska")).toBeFocused();
});

test("nothing is asked to be protected where everything has been received", async ({ phone }) => {
  await phone.join();
  await phone.goto("/jag");
  const note = phone.page.getByText("Det som är mottaget finns på servern.");
  await expect(note).toBeVisible();
  await expect(note).not.toContainText("Skydda resten.");
  await phone.goto("/beratta");
  await phone.page.locator("#situation").fill("Ännu bara här.");
  await expect(phone.page.locator(".saved-line")).toContainText("Utkast sparat");
  await phone.goto("/jag");
  await expect(note).toContainText("Skydda resten.");
});
