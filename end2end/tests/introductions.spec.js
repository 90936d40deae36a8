// Introductions: made, changed and shown without a network, and what the story's teller sees of it.

import { expect, test } from "../phone.js";

/** Adds a story to the introduction that is being made. */
const add = async (phone, title) => {
  await phone.page.getByRole("button", { name: `Lägg till ${title}` }).click();
  await expect(phone.page.locator(".stop__title", { hasText: title })).toBeVisible();
};

test("an introduction is made, changed and shown without a network, and its story says so", async ({ solsken, phone }) => {
  const { page } = phone;
  await phone.join({ role: "curator" });
  await phone.tell({ happened: "Regnet öste ner över grillarna.", did: "Vi bar in dem ihop." });
  const told = new URL(page.url()).pathname;
  await phone.canDoWithoutNetwork();
  await solsken.stop();

  await phone.goto("/lara/ny");
  await page.getByLabel("Namn").fill("När det regnar");
  await expect(page.locator(".row .row__title")).not.toHaveCount(0);
  const titles = await page.locator(".row .row__title").allInnerTexts();
  for (const title of titles.slice(0, 3)) await add(phone, title);
  await page.locator(".stop textarea").nth(1).fill("Vad gör du först?");

  await phone.reload();
  await expect(page.locator(".stop__title")).toHaveText(titles.slice(0, 3));
  await expect(page.locator(".stop textarea").nth(1)).toHaveValue("Vad gör du först?");

  await page.getByRole("button", { name: `Ta bort ${titles[2]} från introduktionen` }).click();
  await page.getByRole("button", { name: `Flytta ner ${titles[0]}` }).click();
  await expect(page.locator(".stop__title")).toHaveText([titles[1], titles[0]]);
  await page.getByRole("button", { name: "Spara introduktionen" }).click();
  await expect(page).toHaveURL(/\/lara\/[0-9a-f-]{36}$/);
  await expect(page.locator("h1")).toHaveText("När det regnar");
  const path = new URL(page.url()).pathname;

  await phone.goto(`${path}/visa`);
  await page.getByRole("button", { name: "Visa vändningen" }).click();
  await page.getByRole("button", { name: "Nästa stopp" }).click();
  await page.getByRole("button", { name: "Visa vändningen" }).click();
  await expect(page.locator(".reveal").first()).toBeVisible();

  await phone.goto(`${path}/99`);
  await expect(page.locator("h1")).toHaveText("Berättelsen finns inte här");
  await expect(page.getByRole("button", { name: "Visa vändningen" })).toBeHidden();
  await page.getByRole("link", { name: "Klar" }).click();
  await expect(page.locator("h1")).toHaveText("När det regnar");

  await solsken.startAgain();
  await phone.goto(told);
  await expect(page.locator(".slip li", { hasText: "Använd i introduktion" })).toHaveAttribute("data-state", "confirmed", { timeout: 60_000 });
});
