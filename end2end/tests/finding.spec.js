// Finding: what an organisation calls things, and every way on from a search.

import { expect, test } from "../phone.js";

const titles = (phone) => phone.page.locator(".results .story-card__title");
const field = (phone) => phone.page.locator("#q");

/** What the server itself finds for this phone's person. */
async function onServer(phone, solsken, text) {
  const question = { list: { text, filter: {}, offset: 0, limit: 5 } };
  const reply = await phone.page.request.post(`${solsken.url}/api/v1/library`, { data: question });
  return (await reply.json()).listing.total;
}

test("a word that a curator adds without a network finds stories at once, and everywhere once it is sent", async ({ solsken, phone, phones }) => {
  await phone.join({ role: "curator", name: "Karin L." });
  await phone.tell({ happened: "Kundvagnen fastnade i dörren och mannen svor.", did: "Vi lyfte loss den." });
  await phone.canDoWithoutNetwork();
  await solsken.stop();

  await phone.search("pruttan");
  await expect(phone.page.locator(".empty")).toBeVisible();
  await phone.page.getByRole("link", { name: "Lägg till ordet i Våra ord" }).click();
  const line = phone.page.getByLabel("Nya ord");
  await expect(line, "the word comes along").toHaveValue("pruttan");
  await line.fill("den som alltid kommer för sent hit");
  await expect(phone.page.getByRole("alert")).toHaveText(/Högst 20 ord/);
  await expect(phone.page.getByRole("button", { name: "Lägg till" })).toBeDisabled();
  await line.fill("Pruttan, kundvagn");
  await phone.reload();
  await expect(line).toHaveValue("Pruttan, kundvagn");
  await phone.page.getByRole("button", { name: "Lägg till" }).dblclick();
  await expect(phone.page.locator(".row__title")).toHaveText(["kundvagn, Pruttan"]);
  await expect(line).toHaveValue("");
  await line.fill("kundvagn,pruttan");
  await phone.page.getByRole("button", { name: "Lägg till" }).click();
  await expect(line).toHaveValue("");
  await expect(phone.page.locator(".row__title"), "said before").toHaveCount(1);
  await phone.search("pruttan");
  await expect(titles(phone)).toHaveCount(1);
  await expect(phone.page.locator(".story-card mark").first()).toHaveText("Kundvagnen");

  await solsken.startAgain();
  const other = phones();
  await other.open();
  await other.join({ name: "Hassan M." });
  await other.canDoWithoutNetwork();
  await expect(async () => expect(await onServer(other, solsken, "pruttan")).toBe(1)).toPass();
  await expect(async () => {
    await other.search("pruttan");
    await expect(titles(other)).toHaveCount(1, { timeout: 1000 });
  }).toPass();
  await other.goto("/jag/ord");
  await expect(other.page.locator(".row__title")).toHaveText(["kundvagn, Pruttan"]);
  await expect(other.page.getByRole("button", { name: /Ändra|Ta bort/ })).toHaveCount(0);
  await expect(other.page.getByLabel("Nya ord")).toHaveCount(0);

  await phone.goto("/jag/ord");
  await phone.page.getByRole("button", { name: /^Ändra/ }).click();
  await phone.page.getByLabel("Ändra orden").fill("Pruttan, kundvagn, dragvagn");
  await phone.page.getByRole("button", { name: "Spara" }).click();
  await expect(phone.page.locator(".row__title")).toHaveText(["dragvagn, kundvagn, Pruttan"]);
  await phone.page.getByRole("button", { name: /^Ta bort/ }).click();
  await expect(phone.page.locator(".row__title")).toHaveCount(0);
  await phone.page.locator(".toast").getByRole("button").click();
  await expect(phone.page.locator(".row__title")).toHaveText(["dragvagn, kundvagn, Pruttan"]);
});

test("earlier searches, what was meant and what comes nearest are a tap away", async ({ phone }) => {
  await phone.join();
  await phone.canDoWithoutNetwork();
  await phone.context.setOffline(true);
  const recent = phone.page.getByRole("group", { name: "Senast sökt" });
  await expect(recent).toHaveCount(0);

  await field(phone).fill("kvitot");
  const meant = phone.page.locator(".find__corrected button");
  await expect(meant).toHaveText("kvitto");
  await meant.click();
  await expect(field(phone)).toHaveValue("kvitto");
  await expect(phone.page.locator("#found"), "the keyboard goes on there").toBeFocused();
  await expect(meant).toHaveCount(0);
  await expect(phone.page).toHaveURL(/q=kvitto/);

  await field(phone).fill("kvittoqqqqqqqqqqqqqqq");
  await expect(phone.page.locator(".empty")).toBeVisible();
  await expect(phone.page.getByRole("heading", { name: "Kanske någon av de här?" })).toBeVisible();
  await expect(titles(phone)).toHaveCount(3);

  await field(phone).fill("presentkort");
  await field(phone).press("Enter");
  await phone.goto("/bibliotek");
  await recent.getByRole("button", { name: "presentkort" }).click();
  await expect(field(phone)).toHaveValue("presentkort");
  await expect(phone.page.locator(".results mark").first()).toContainText(/presentkort/i);
  await phone.page.getByRole("button", { name: "Töm sökningen" }).click();
  await expect(field(phone)).toBeFocused();
  await recent.getByRole("button", { name: "Glöm sökningarna" }).click();
  await expect(recent).toHaveCount(0);
  await phone.reload();
  await expect(titles(phone).first()).toBeVisible();
  await expect(recent).toHaveCount(0);
});

test("whoever comes back finds the place in a long answer, and the address follows what is typed", async ({ phone }) => {
  await phone.join();
  await phone.canDoWithoutNetwork();
  await phone.search("kund");
  await phone.page.getByRole("button", { name: "Visa fler" }).click();
  await expect(titles(phone).nth(40)).toBeAttached();
  const title = await titles(phone).nth(40).textContent();
  await titles(phone).nth(40).click();
  await expect(phone.page.locator(".story h1")).toHaveText(title);
  await phone.page.goBack();
  await expect(titles(phone).nth(40)).toBeInViewport();

  await phone.goto("/bibliotek");
  await field(phone).pressSequentially("presentkort", { delay: 120 });
  expect(phone.page.url(), "the address follows while one types").toContain("q=present");
  await expect(phone.page).toHaveURL(/q=presentkort$/);
  await phone.reload();
  await expect(field(phone)).toHaveValue("presentkort");

  await field(phone).fill("x".repeat(3000));
  await field(phone).press("Enter");
  await phone.page.getByRole("button", { name: "Töm sökningen" }).click();
  await expect(phone.page.getByRole("button", { name: /xxx/ })).toHaveCount(0);
});
