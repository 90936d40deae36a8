// What could not simply be done is shown as it is, with ways out.

import { readFileSync } from "node:fs";

import { photo } from "../media.js";
import { expect, test } from "../network.js";

const situation = (phone) => phone.page.locator("#situation");


async function joined(phones, at, who) {
  const phone = phones({}, at);
  await phone.open();
  await phone.join(who);
  return phone;
}

async function rewrite(phone, story, text) {
  await phone.goto(story);
  await phone.page.getByRole("button", { name: "Ändra" }).click();
  await situation(phone).fill(text);
  await phone.page.locator(".dock button").click();
  await expect(phone.page).toHaveURL(/klar/);
}

/** The file with everything one has told. */
async function exported(phone) {
  await phone.goto("/jag");
  const download = phone.page.waitForEvent("download");
  await phone.page.getByRole("button", { name: "Spara som fil" }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe("mina-berattelser.txt");
  return readFileSync(await file.path(), "utf8");
}

test("two changes that meet are shown side by side, and neither text is lost", async ({ solsken, network, phones }) => {
  const elin = await joined(phones, network, { name: "Elin W." });
  await elin.canDoWithoutNetwork();
  await elin.tell({ happened: "Kunden kom med en trasig stol." });
  await expect(elin.page.locator(".slip .step", { hasText: "Mottagen" })).toHaveAttribute("data-state", "confirmed");
  const story = new URL(elin.page.url()).pathname.replace("/beratta/klar/", "/berattelse/");

  const karin = await joined(phones, solsken, { role: "curator", name: "Karin L." });
  await karin.canDoWithoutNetwork();
  network.api = "cut";
  await rewrite(elin, story, "Kunden kom med en trasig gungstol från 1952.");
  await rewrite(karin, story, "Kunden kom med en trasig fåtölj från 1952.");
  await expect.poll(() => solsken.exported()).toContain("fåtölj");
  network.api = null;

  // Nobody has to open the story to know of it: it is said where one comes by.
  await elin.goto("/jag");
  const row = elin.page.locator("a.row", { hasText: "Två ändringar möttes" });
  await expect(row).toHaveCount(1, { timeout: 40_000 });
  await elin.goto("/");
  await row.click();
  await expect(elin.page).toHaveURL(new RegExp(story));
  const met = elin.page.locator(".met");
  await expect(met).toContainText("Två ändringar möttes", { timeout: 40_000 });
  await expect(met.locator(".met__text").nth(0)).toContainText("fåtölj");
  await expect(met.locator(".met__text").nth(1)).toContainText("gungstol");
  await expect(met.locator(".met__text").nth(1)).toContainText("Elin W.");
  await met.getByRole("button", { name: "Ta den andra texten" }).click();
  await expect(met).toHaveCount(0);
  await expect(elin.page.locator(".story__part").first()).toContainText("gungstol");
  await karin.goto(story);
  await expect(karin.page.locator(".story__part").first()).toContainText("gungstol", { timeout: 40_000 });
  await expect(karin.page.locator(".met")).toHaveCount(0);
  for (const phone of [elin, karin]) {
    await phone.goto("/");
    await expect(phone.page.locator(".story-card").first()).toBeVisible();
    await expect(phone.page.locator("a.row", { hasText: "Två ändringar möttes" })).toHaveCount(0);
  }
});

test("what the server refuses is shown with its reason, mended and told again", async ({ network, phones, solsken }) => {
  const elin = await joined(phones, network, {});
  await elin.canDoWithoutNetwork();
  // As if the phone had a mistake of its own.
  network.bend = (push) => push.replace('"situation":"', '"situation":7,"meant":"');
  await elin.tell({ happened: "Servern förstod inte den här berättelsen först." });
  await elin.goto("/jag");
  const refused = elin.page.locator(".row[data-state=refused]");
  await expect(refused).toContainText("Något i texten går inte att spara på servern.");
  network.bend = null;
  await refused.getByRole("button", { name: "Rätta" }).click();
  await expect(situation(elin)).toHaveValue("Servern förstod inte den här berättelsen först.");
  await situation(elin).fill("Servern förstod inte den här berättelsen först, men sedan.");
  await elin.page.locator(".dock button").click();
  await expect(elin.page.locator(".slip .step", { hasText: "Mottagen" })).toHaveAttribute("data-state", "confirmed");
  await elin.goto("/jag");
  await expect(refused).toHaveCount(0);
  await expect(elin.page.locator("li.mine")).toHaveCount(1);
  expect(solsken.exported().split("men sedan").length).toBe(2);
});

test("a story that is changed without a network is in the library all the same, as it was", async ({ phone }) => {
  await phone.join();
  await phone.canDoWithoutNetwork();
  await phone.tell({ happened: "Den första versionen." });
  const step = (name) => phone.page.locator(".slip .step", { hasText: name });
  await expect(step("I biblioteket")).toHaveAttribute("data-state", "confirmed");
  const story = new URL(phone.page.url()).pathname.replace("/beratta/klar/", "/berattelse/");
  await phone.context.setOffline(true);
  await rewrite(phone, story, "Den andra versionen.");
  await expect(step("Mottagen")).toHaveAttribute("data-state", "waiting");
  await expect(step("I biblioteket")).toHaveAttribute("data-state", "confirmed");
  await expect(step("I biblioteket")).toContainText("Så som den var före ändringen");
  await phone.context.setOffline(false);
  await expect(step("Mottagen")).toHaveAttribute("data-state", "confirmed");
  await expect(step("I biblioteket")).not.toContainText("före ändringen");
});

test("nobody is thanked for what was refused, but told where it can be mended", async ({ network, phones }) => {
  const elin = await joined(phones, network, {});
  await elin.canDoWithoutNetwork();
  network.bend = (push) => push.replace('"situation":"', '"situation":7,"meant":"');
  await elin.tell({ happened: "Ingen orsak." });
  const heading = elin.page.getByRole("heading", { level: 1 });
  await expect(heading).toHaveText("Servern tog inte emot den");
  await expect(elin.page.getByRole("alert")).toContainText("Något i texten går inte att spara på servern.");
  await expect(elin.page.getByText("Nu finns den kvar")).toHaveCount(0);
  await elin.page.getByRole("link", { name: "Se vad du kan göra" }).click();
  await expect(elin.page).toHaveURL(/jag#waiting/);
  await expect(elin.page.locator(".row[data-state=refused]")).toContainText("Ingen orsak");
});

test("the copy of a refused text says everything once", async ({ network, phones }) => {
  const elin = await joined(phones, network, {});
  await elin.canDoWithoutNetwork();
  await elin.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  network.bend = (push) => push.replace('"situation":"', '"situation":7,"meant":"');
  await elin.tell({ happened: "En lång historia.", did: "Vi lyssnade. Länge." });
  await elin.goto("/jag");
  const refused = elin.page.locator(".row[data-state=refused]");
  await refused.getByRole("button", { name: "Kopiera texten" }).click();
  await expect(elin.page.locator(".toast")).toContainText("Texten är kopierad");
  expect(await elin.page.evaluate(() => navigator.clipboard.readText())).toBe("En lång historia.\n\nVi lyssnade. Länge.");
});

test("what was refused is thrown away only after a second thought", async ({ network, phones }) => {
  const elin = await joined(phones, network, {});
  await elin.canDoWithoutNetwork();
  network.bend = (push) => push.replace('"situation":"', '"situation":7,"meant":"');
  await elin.tell({ happened: "Den här får inte försvinna av misstag." });
  await elin.goto("/jag");
  const refused = elin.page.locator(".row[data-state=refused]");
  const letGo = refused.getByRole("button", { name: "Släng", exact: true });
  const keep = refused.getByRole("button", { name: "Nej, behåll" });
  await letGo.dblclick();
  await expect(keep).toBeVisible();
  await expect(refused).toContainText("Den här får inte försvinna");
  // Nothing is called sent beside it.
  await expect(elin.page.locator(".banner[data-tone=leaf]")).toHaveCount(0);
  await elin.page.waitForTimeout(700);
  await keep.click();
  await expect(refused.getByRole("button", { name: "Ja, släng" })).toHaveCount(0);
  await elin.page.waitForTimeout(700);
  await letGo.click();
  await refused.getByRole("button", { name: "Ja, släng" }).click();
  await expect(refused).toHaveCount(0);
  await elin.reload();
  await expect(elin.page.locator(".banner[data-tone=leaf]")).toBeVisible();
  await expect(refused).toHaveCount(0);
});

test("everything one has told is handed over as a file, without a network", async ({ phone, solsken }) => {
  await phone.join();
  await phone.canDoWithoutNetwork();
  await solsken.stop();
  await phone.tell({ happened: "En kund glömde sin paraply.", did: "Vi sprang efter.", went: "Hon skrattade." });
  await phone.goto("/beratta");
  await situation(phone).fill("Ett utkast om en hund");
  await expect(phone.page.locator(".saved-line")).toContainText("Utkast sparat");
  const text = await exported(phone);
  for (const words of ["En kund glömde sin paraply.", "Vi sprang efter.", "Hon skrattade.", "Ett utkast om en hund"]) {
    expect(text).toContain(words);
  }
});

test("what was refused is in the file, with the reason, and so is that a draft has photos", async ({ network, phones }) => {
  const elin = await joined(phones, network, {});
  await elin.canDoWithoutNetwork();
  network.bend = (push) => push.replace('"situation":"', '"situation":7,"meant":"');
  await elin.tell({ happened: "Den här tog servern inte emot." });
  await elin.goto("/beratta");
  const bytes = await photo(elin.page, { width: 400, height: 300 });
  const taken = ["a.jpg", "b.jpg"].map((name) => ({ name, mimeType: "image/jpeg", buffer: bytes }));
  await elin.page.locator("#photos").setInputFiles(taken);
  await expect(elin.page.locator(".photo")).toHaveCount(2);
  await elin.goto("/jag");
  await expect(elin.page.locator(".row[data-state=refused]")).toBeVisible();
  await expect(elin.page.locator(".setting").first()).toContainText("1 utkast");
  const text = await exported(elin);
  expect(text.split("Den här tog servern inte emot.").length).toBe(2);
  expect(text).toContain("Något i texten går inte att spara på servern.");
  expect(text).toContain("Inget skrivet än\n2 bilder\n");
});
