// Each language by itself, on every screen.

import { readFileSync } from "node:fs";

import { expect, test } from "../phone.js";
import { isDrawn, routes, speak } from "../routes.js";

/** The sentences of a catalogue that are whole in its source: those with names and numbers in them are not compared. */
function catalogue(language) {
  const source = readFileSync(new URL(`../../app/src/texts/${language}.rs`, import.meta.url), "utf8");
  const texts = [...source.matchAll(/(?:: |=> )"((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text);
  return new Set(texts.filter((text) => !text.includes("{")));
}

const TEXTS = { sv: catalogue("sv"), en: catalogue("en") };
/** Told by people, in the language they think in. */
const TOLD = ".story-card, .story, .stop, .path-head, .stage, .row__title, .row__note, .top-bar__title, option, datalist, .me";

/** What the screen itself says: text, names for those who cannot see, placeholders. */
async function said(phone) {
  return phone.page.evaluate((told) => {
    const words = [];
    const own = (element) => !element.closest(`${told}, [lang]:not(html), script`);
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (own(element)) words.push(walker.currentNode.textContent);
    }
    for (const name of ["aria-label", "placeholder", "title", "alt"]) {
      for (const element of document.querySelectorAll(`[${name}]`)) {
        if (own(element)) words.push(element.getAttribute(name));
      }
    }
    return [document.title.split(" · ")[0], ...words].map((text) => text.trim()).filter(Boolean);
  }, TOLD);
}

for (const [language, other] of [["sv", "en"], ["en", "sv"]]) {
  test(`every screen speaks ${language} and nothing of ${other}`, async ({ phone }) => {
    const foreign = [...TEXTS[other]].filter((text) => !TEXTS[language].has(text) && text.length > 2);
    expect(foreign.length).toBeGreaterThan(150);
    await speak(phone, language);
    await phone.join();
    const screens = await routes(phone);
    let own = 0;
    for (const [name, address] of Object.entries(screens)) {
      await phone.goto(address);
      await isDrawn(phone);
      await expect(phone.page.locator("html"), name).toHaveAttribute("lang", language);
      const words = await said(phone);
      own += words.filter((text) => TEXTS[language].has(text)).length;
      expect(words.filter((text) => foreign.includes(text)), name).toEqual([]);
      if (language === "en") {
        // What is no name and holds no title of a story has none of these letters.
        const [title, ...rest] = words;
        const odd = rest.filter((text) => /[åäöÅÄÖ]/.test(text) && !/Borås|Färg|^Add /.test(text) && text !== title);
        expect(odd, name).toEqual([]);
      }
    }
    expect(own).toBeGreaterThan(100);
  });
}

test("the choice of language holds over a reload, with and without the service worker", async ({ solsken, phone }) => {
  const html = phone.page.locator("html");
  await phone.page.getByText("English").click();
  await expect(phone.page.getByRole("heading", { level: 1 })).toHaveText("The stories that make us proud");
  await expect(html).toHaveAttribute("lang", "en");
  await phone.reload();
  await expect(html).toHaveAttribute("lang", "en");
  await phone.goto(solsken.links.member);
  await phone.page.getByLabel("Your name").fill("Elin W.");
  await phone.page.getByRole("button", { name: "Join" }).click();
  await phone.page.locator(".tab-bar").waitFor();
  await phone.page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    while (!(await caches.keys()).length) await new Promise((resolve) => setTimeout(resolve, 50));
  });

  await phone.goto("/jag");
  await phone.page.getByText("Svenska").click();
  await expect(html).toHaveAttribute("lang", "sv");
  await phone.reload();
  await expect(html).toHaveAttribute("lang", "sv");
  await expect(phone.page).toHaveTitle("Jag · Solsken");
  await expect(phone.page.getByRole("button", { name: "Logga ut" })).toBeVisible();

  await solsken.stop();
  await phone.page.getByText("English").click();
  await expect(phone.page.getByRole("button", { name: "Sign out" })).toBeVisible();
  await phone.reload();
  await expect(html).toHaveAttribute("lang", "en");
  await expect(phone.page).toHaveTitle("Me · Solsken");
});

test("what has been typed into the form to join outlives another language", async ({ solsken, phone }) => {
  await phone.goto(solsken.links.member);
  await phone.page.locator("[name=name]").fill("Åsa Ö.");
  await phone.page.getByText("English").click();
  await expect(phone.page.getByLabel("Your name")).toHaveValue("Åsa Ö.");
});
