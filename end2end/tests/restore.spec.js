// The server goes back to a backup; the phones bring back what it lacks.

import { expect, test } from "../phone.js";

const BEFORE = "Kunden fick låna vår kärra och kom tillbaka med jordgubbar.";
const AFTER = "Kunden hittade sin borttappade ring i vår sandhög.";
const NEWCOMER = "Min första dag: en kund lärde mig knyta en råbandsknop.";

const received = (phone) =>
  expect(phone.page.locator(".slip .step", { hasText: "Mottagen" })).toHaveAttribute("data-state", "confirmed", {
    timeout: 30_000,
  });

/** How often the server's library has a story with these words. */
const times = (solsken, words) => solsken.exported().split(words).length - 1;

test("a server that goes back to a backup gets everything again from the phones, once", async ({ solsken, phones }) => {
  const elin = phones();
  await elin.open();
  await elin.join({ name: "Elin W." });
  await elin.canDoWithoutNetwork();
  await elin.tell({ happened: BEFORE });
  await received(elin);
  const backup = solsken.backup();

  await elin.tell({ happened: AFTER });
  await received(elin);
  const told = elin.page.url();
  // The backup knows neither Micke nor his phone.
  const micke = phones();
  await micke.open();
  await micke.join({ name: "Micke N.", department: "Trädgård" });
  await micke.canDoWithoutNetwork();
  await micke.tell({ happened: NEWCOMER });
  await received(micke);

  await solsken.restore(backup);
  expect([BEFORE, AFTER, NEWCOMER].map((words) => times(solsken, words))).toEqual([1, 0, 0]);
  // Nobody touches anything: the phones come by themselves.
  await expect.poll(() => times(solsken, AFTER), { timeout: 90_000 }).toBe(1);
  await expect.poll(() => times(solsken, NEWCOMER), { timeout: 90_000 }).toBe(1);
  expect(times(solsken, BEFORE)).toBe(1);

  await elin.goto(told);
  await received(elin);
  await elin.search("råbandsknopar");
  await expect(elin.page.locator(".results .story-card").first()).toContainText("råbandsknop", { timeout: 90_000 });
  await micke.goto("/jag");
  await expect(micke.page.locator("main")).toContainText("Micke N.");
  await expect(micke.page.locator("li.mine")).toHaveCount(1);
  await expect(micke.page.locator("li.mine")).toContainText("Mottagen: klart");
  await micke.search("ringen i sandhögen");
  await expect(micke.page.locator(".results .story-card").first()).toContainText("ring");
  await expect(micke.page.locator(".story-card", { hasText: "sandhög" })).toHaveCount(1);
});

test("who told without a network, while the server went back, tells once", async ({ solsken, phones }) => {
  const elin = phones();
  await elin.open();
  await elin.join();
  await elin.canDoWithoutNetwork();
  const backup = solsken.backup();
  await elin.tell({ happened: AFTER });
  await received(elin);
  await solsken.stop();
  await elin.tell({ happened: BEFORE });
  await expect(elin.page.locator(".slip .step", { hasText: "Mottagen" })).toHaveAttribute("data-state", "waiting");
  const told = elin.page.url();
  await elin.close();
  await solsken.restore(backup);
  await elin.open(told);
  await received(elin);
  await expect.poll(() => times(solsken, AFTER), { timeout: 60_000 }).toBe(1);
  expect(times(solsken, BEFORE)).toBe(1);
});

/** The phone's own library has what was told after the backup, among other stories of the same words. */
async function reads(phone) {
  await expect(async () => {
    await phone.search("sandhög");
    const card = phone.page.locator(".results .story-card", { hasText: "sandhög" });
    await expect(card).toHaveCount(1, { timeout: 2_000 });
  }).toPass();
}

test("what was told on a phone that is gone comes back from a colleague's", async ({ solsken, phones }) => {
  const [elin, micke] = [phones(), phones()];
  await elin.open();
  await elin.join({ name: "Elin W." });
  await micke.open();
  await micke.join({ name: "Micke N." });
  const backup = solsken.backup();
  await elin.tell({ happened: AFTER });
  await received(elin);
  await reads(micke);
  // Nobody will ever offer Elin's own ops again.
  await elin.end();

  await solsken.restore(backup);
  expect(times(solsken, AFTER)).toBe(0);
  await expect.poll(() => times(solsken, AFTER), { timeout: 90_000 }).toBe(1);
  const hassan = phones();
  await hassan.open();
  await hassan.join({ name: "Hassan M." });
  await reads(hassan);
});
