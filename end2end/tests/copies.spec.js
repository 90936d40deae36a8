// A browser profile that is copied with a draft in it: both copies tell the draft, and neither text is lost.

import { cpSync, rmSync } from "node:fs";

import { expect, test } from "../phone.js";

const situation = (phone) => phone.page.locator("#situation");

/** Another phone with the same profile, as a backup tool or a second computer would make it. */
function copyOf(phone, phones) {
  const copy = phones();
  rmSync(copy.profile, { recursive: true });
  // The browser's own locks stay behind.
  cpSync(phone.profile, copy.profile, { recursive: true, filter: (path) => !path.includes("/Singleton") });
  return copy;
}

async function tellAs(phone, draft, text) {
  await phone.open(draft);
  await situation(phone).fill(text);
  await phone.page.locator(".dock button").click();
  await expect(phone.page).toHaveURL(/klar/);
  await expect(phone.page.locator(".slip .step", { hasText: "Mottagen" })).toHaveAttribute("data-state", "confirmed", {
    timeout: 30_000,
  });
}

test("a draft that two copies of a profile tell keeps both texts", async ({ phones }) => {
  const elin = phones();
  await elin.open();
  await elin.join({ name: "Elin W." });
  await elin.canDoWithoutNetwork();
  await elin.goto("/beratta");
  await situation(elin).fill("En kund glömde sin stege.");
  await expect(elin.page.locator(".saved-line")).toContainText("Utkast sparat på telefonen");
  await expect(elin.page).toHaveURL(/utkast=/);
  const draft = elin.page.url();
  await elin.close();
  const copies = [copyOf(elin, phones), copyOf(elin, phones)];

  await tellAs(elin, draft, "En kund glömde sin stege och fick skjuts hem.");
  const story = new URL(elin.page.url()).pathname.replace("/beratta/klar/", "/berattelse/");
  // The first copy has not read that when it tells, the second one has.
  await tellAs(copies[0], draft, "En kund glömde sin stege, och vi cyklade efter.");
  await copies[1].open("/bibliotek");
  await expect(copies[1].page.locator(".story-card", { hasText: "stege" })).toBeVisible({ timeout: 30_000 });
  await copies[1].close();
  await tellAs(copies[1], draft, "En kund glömde sin stege tills på måndagen.");

  await elin.goto("/jag");
  const row = elin.page.locator("a.row", { hasText: "Två ändringar möttes" });
  await expect(row).toBeVisible({ timeout: 70_000 });
  await elin.goto(story);
  await expect(elin.page.locator(".story__part").first()).toContainText("skjuts hem");
  const met = elin.page.locator(".met");
  await expect(met).toHaveCount(2, { timeout: 70_000 });
  for (const text of ["vi cyklade efter.", "tills på måndagen."]) {
    await expect(met.filter({ hasText: text })).toHaveCount(1);
  }
  await met.filter({ hasText: "cyklade" }).getByRole("button", { name: "Ta den andra texten" }).click();
  await expect(elin.page.locator(".story__part").first()).toContainText("vi cyklade efter");
  await expect(met.filter({ hasText: "måndagen" })).toHaveCount(1);
});
