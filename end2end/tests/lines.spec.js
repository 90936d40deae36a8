// Proxies and lines that let nothing large through, and browsers that have few connections.

import { speakToEngine, tellLong } from "../engine.js";
import { NGINX_PASSES, expect, test } from "../network.js";

test.use({ demo: false });

const banner = (phone) => phone.page.locator(".banner", { hasText: "Senaste försök" });
const allSent = (phone) => phone.page.getByText("Allt på telefonen är skickat.");
const cards = (tab) => tab.page.locator(".story-card");

async function joined(phones, at, how) {
  const phone = phones(how, at);
  await phone.open();
  await phone.context.addInitScript(speakToEngine);
  await phone.join();
  return phone;
}

/** Tells this many stories without a network. */
async function tellOffline(phone, network, count) {
  network.api = "cut";
  await tellLong(phone.page, count, ["situation", "action", "outcome", "lesson"]);
  network.api = null;
}

const toldInAll = (solsken) => solsken.exported().trim().split("\n").filter(Boolean).length;

test("thirty long stories arrive through a proxy that passes what nginx passes", async ({ solsken, network, phones }) => {
  const phone = await joined(phones, network);
  await tellOffline(phone, network, 30);
  network.passes = NGINX_PASSES;
  await phone.goto("/jag");
  await expect(allSent(phone)).toBeVisible({ timeout: 60_000 });
  expect(toldInAll(solsken)).toBe(30);
  expect(Math.max(...network.sizes.sent), "nothing was refused").toBeLessThan(1_000_000);
});

test("long stories arrive through a proxy that passes a tenth of that", async ({ solsken, network, phones }) => {
  const phone = await joined(phones, network);
  await tellOffline(phone, network, 10);
  network.passes = 100_000;
  await phone.goto("/jag");
  await expect(allSent(phone)).toBeVisible({ timeout: 60_000 });
  expect(toldInAll(solsken)).toBe(10);
  expect(Math.max(...network.sizes.sent), "the first ones were refused").toBeGreaterThan(100_000);
});

test("a story that no proxy passes waits, and the screen says so", async ({ solsken, network, phones }) => {
  const phone = await joined(phones, network);
  await tellOffline(phone, network, 1);
  network.passes = 20_000;
  await phone.goto("/jag");
  await expect(banner(phone)).toContainText("för stor för nätet");
  await expect(phone.page.locator("section[aria-labelledby=waiting] li")).toHaveCount(1);
  // What others tell is read all the same.
  const other = phones({}, solsken);
  await other.open();
  await other.join({ name: "Hassan M." });
  await other.tell({ happened: "En kund bar in våra kundvagnar i regnet." });
  await phone.goto("/bibliotek");
  await expect(cards(phone).filter({ hasText: "kundvagnar" })).toBeVisible({ timeout: 60_000 });
  network.passes = Infinity;
  await phone.goto("/jag");
  await phone.page.getByRole("button", { name: "Försök nu" }).click();
  await expect(allSent(phone)).toBeVisible();
  expect(toldInAll(solsken)).toBe(2);
});

test("a proxy that refuses with a page of its own signs nobody out", async ({ network, phones }) => {
  const phone = await joined(phones, network);
  await phone.canDoWithoutNetwork();
  network.api = "unknown";
  await phone.tell({ happened: "En kund frågade efter regn." });
  await phone.goto("/jag");
  await expect(banner(phone)).toContainText("Något annat än Solsken svarade.");
  network.api = null;
  await phone.goto("/jag");
  await expect(allSent(phone)).toBeVisible({ timeout: 60_000 });
});

test("a library arrives over a line on which large pages break off", async ({ network, phones }) => {
  const teller = await joined(phones, network);
  await tellLong(teller.page, 30, ["situation", "action"]);
  await teller.goto("/jag");
  await expect(allSent(teller)).toBeVisible({ timeout: 60_000 });

  network.breaksAt = 100_000;
  const phone = await joined(phones, network);
  await phone.goto("/jag");
  await expect(allSent(phone)).toBeVisible({ timeout: 100_000 });
  await phone.goto("/bibliotek");
  await expect(phone.page.locator(".find__result")).toContainText("30");
  expect(network.sizes.came.some((size) => size > 100_000), "the first ones broke off").toBe(true);
});

/** No round comes by itself: what arrives was announced. Nor is a lock waited for as long as it would be. */
const NO_IDLE_ROUNDS = `{
  const after = setTimeout;
  self.setTimeout = (run, ms, ...more) => (ms > 20_000 ? 0 : after(run, ms, ...more));
}`;

async function tabOf(phone, path) {
  const page = await phone.context.newPage();
  const tab = Object.assign(Object.create(Object.getPrototypeOf(phone)), phone, { page });
  page.on("pageerror", (error) => phone.complaints.push(String(error)));
  await tab.goto(path);
  return tab;
}

test("with seven tabs open stories still go out, and news comes to each of them", async ({ solsken, network, phones }) => {
  network.engine = NO_IDLE_ROUNDS;
  const first = await joined(phones, network, { serviceWorkers: "block" });
  const tabs = [first];
  while (tabs.length < 7) {
    const tab = await tabOf(first, "/jag");
    // A whole round of its own.
    await expect(allSent(tab)).toBeVisible();
    tabs.push(tab);
  }
  await expect.poll(() => network.streams).toBe(1);
  await tabs[6].tell({ happened: "Sju flikar, och en kund som väntade." });
  const received = tabs[6].page.locator(".slip .step", { hasText: "Mottagen" });
  await expect(received).toHaveAttribute("data-state", "confirmed");

  for (const tab of tabs) await tab.goto("/bibliotek");
  await expect.poll(() => network.streams).toBe(1);
  const other = phones({}, solsken);
  await other.open();
  await other.join({ name: "Hassan M." });
  await other.tell({ happened: "En kund bar in våra kundvagnar i regnet." });
  for (const tab of tabs) await expect(cards(tab).filter({ hasText: "kundvagnar" })).toBeVisible();

  // Whoever listened is gone: another tab listens, until there is one left.
  while (tabs.length > 1) await tabs.shift().page.close();
  await expect.poll(() => network.streams).toBe(1);
  await other.tell({ happened: "Ljuset gick och alla sjöng." });
  await expect(cards(tabs[0]).filter({ hasText: "sjöng" })).toBeVisible();
});

test("a tab that has been laid aside in the midst of a round does not keep the others from theirs", async ({ network, phones }) => {
  // As long as the engine waits, only shorter.
  network.engine = `{
    const wait = AbortSignal.timeout.bind(AbortSignal);
    AbortSignal.timeout = (ms) => wait(ms / 30);
  }`;
  const phone = await joined(phones, network, { serviceWorkers: "block" });
  await phone.goto("/jag");
  await expect(allSent(phone)).toBeVisible();
  const frozen = await phone.context.newPage();
  await frozen.goto(`${network.url}/manifest.webmanifest`);
  await frozen.evaluate(async () => {
    const hold = (name) =>
      new Promise((resolve) => navigator.locks.request(name, { steal: true }, () => (resolve(), new Promise(() => {}))));
    await Promise.all(["solsken-sync", "solsken-session", "solsken-news"].map(hold));
  });
  await phone.tell({ happened: "Fliken bredvid hade somnat." });
  await expect(phone.page.locator(".slip .step", { hasText: "Mottagen" })).toHaveAttribute("data-state", "confirmed");
});
