// The machine goes back to a snapshot, database and all, and nobody tells the phones.

import { expect, test } from "../network.js";

const LOST = "Kunden hittade sin borttappade ring i vår sandhög.";
const OTHERS = ["Ett par kom in med en våt hund.", "Hissen stod still hela lördagen.", "Kassan tog slut på växel."];

const received = (phone) =>
  expect(phone.page.locator(".slip .step", { hasText: "Mottagen" })).toHaveAttribute("data-state", "confirmed", {
    timeout: 30_000,
  });

const times = (solsken, words) => solsken.exported().split(words).length - 1;

test("a story with a receipt comes back to a machine that was put back to a snapshot", async ({
  solsken,
  network,
  phones,
}) => {
  const elin = phones({}, network);
  await elin.open();
  await elin.join({ name: "Elin W." });
  await elin.canDoWithoutNetwork();
  const micke = phones();
  await micke.open();
  await micke.join({ name: "Micke N." });
  await micke.canDoWithoutNetwork();
  const snapshot = await solsken.snapshot();

  // The receipt arrives, and nothing is read after it.
  network.concerns = /^\/api\/v1\/sync\/(pull|news)/;
  network.api = "cut";
  await elin.tell({ happened: LOST });
  await received(elin);
  await elin.close();
  expect(times(solsken, LOST)).toBe(1);

  await solsken.putBack(snapshot);
  expect(times(solsken, LOST)).toBe(0);
  // Others get the numbers that her receipt names, and more.
  for (const happened of OTHERS) {
    await micke.tell({ happened });
    await received(micke);
  }
  network.api = null;
  await elin.open("/jag");
  await expect.poll(() => times(solsken, LOST), { timeout: 90_000 }).toBe(1);
  for (const words of OTHERS) expect(times(solsken, words)).toBe(1);
  for (const phone of [elin, micke]) {
    for (const words of [LOST, ...OTHERS]) {
      await expect(async () => {
        await phone.search(words);
        await expect(phone.page.locator(".results .story-card", { hasText: words.slice(0, 12) })).toHaveCount(1, {
          timeout: 3_000,
        });
      }).toPass();
    }
  }
  await elin.goto("/jag");
  await expect(elin.page.locator("li.mine")).toContainText("Mottagen: klart");
});
