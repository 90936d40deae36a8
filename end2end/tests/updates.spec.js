// Another build comes. Nobody is interrupted, nothing is lost, and half a build is none.

import { expect, test } from "../network.js";

const STORY = { happened: "Kunden ville ha tapeten som slutade säljas 1998." };

const notice = (phone) => phone.page.locator(".banner", { hasText: "Ny version" });
const situation = (phone) => phone.page.locator("#situation");
const isNext = (phone) => phone.page.locator("meta[name=build]");
const builds = (phone) => phone.page.evaluate(async () => (await caches.keys()).filter((name) => name.startsWith("solsken-")));
const slip = (phone) => phone.page.locator(".slip .step", { hasText: "Mottagen" });

async function settled(phones, network) {
  const phone = phones({}, network);
  await phone.open();
  await phone.join();
  await phone.canDoWithoutNetwork();
  return phone;
}

/** Asks for a new version, as when the page comes to the foreground, until it is there or has come to nothing. */
async function look(phone) {
  await phone.page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    await registration.update().catch(() => {});
  });
  const installing = () =>
    phone.page.evaluate(async () => Boolean((await navigator.serviceWorker.getRegistration())?.installing));
  await expect.poll(installing).toBe(false);
}

test("a new version that comes while somebody writes waits, and the draft is there afterwards", async ({ network, phones }) => {
  const phone = await settled(phones, network);
  await phone.page.locator("a[href='/beratta']").first().click();
  await situation(phone).fill("Mitt i meningen kom en ny");
  network.build = "next";
  await look(phone);
  await expect.poll(() => builds(phone)).toHaveLength(2);
  // Nothing moves under the finger.
  await expect(notice(phone)).toHaveCount(0);
  await situation(phone).pressSequentially(" version");
  await expect(situation(phone)).toHaveValue("Mitt i meningen kom en ny version");
  await expect(isNext(phone)).toHaveCount(0);

  await expect(phone.page.locator(".saved-line")).toContainText("Utkast sparat");
  await phone.goto("/bibliotek");
  await expect(notice(phone)).toBeVisible();
  await phone.page.getByRole("button", { name: "Uppdatera" }).click();
  await expect(isNext(phone)).toBeAttached();
  await expect.poll(() => builds(phone)).toHaveLength(1);
  await phone.goto("/jag");
  await expect(phone.page.locator("section[aria-labelledby=drafts] li")).toContainText("Mitt i meningen kom en ny version");
});

test("a new version is taken up without a network, with stories still to be sent", async ({ network, phones, solsken }) => {
  const phone = await settled(phones, network);
  network.build = "next";
  await look(phone);
  await expect.poll(() => builds(phone)).toHaveLength(2);
  await solsken.stop();
  await phone.tell(STORY);
  await expect(slip(phone)).toHaveAttribute("data-state", "waiting");
  const told = phone.page.url();
  await phone.goto("/bibliotek");
  await phone.page.getByRole("button", { name: "Uppdatera" }).click();
  await expect(isNext(phone)).toBeAttached();
  await expect(phone.page.locator(".story-card").first()).toContainText("tapeten");
  await phone.goto(told);
  await expect(slip(phone)).toHaveAttribute("data-state", "waiting");
  await solsken.startAgain();
  await expect(slip(phone)).toHaveAttribute("data-state", "confirmed", { timeout: 60_000 });
});

test("whoever never taps has the new version at the next start", async ({ network, phones, solsken }) => {
  const phone = await settled(phones, network);
  network.build = "next";
  await look(phone);
  await expect.poll(() => builds(phone)).toHaveLength(2);
  await phone.close();
  await solsken.stop();
  await phone.open("/bibliotek");
  await expect(phone.page.locator(".story-card").first()).toBeVisible();
  await phone.goto("/");
  await expect(isNext(phone)).toBeAttached();
});

test("half a new version is none: the old one goes on, also without a network", async ({ network, phones, solsken }) => {
  const phone = await settled(phones, network);
  network.build = "broken";
  await look(phone);
  await phone.goto("/bibliotek");
  await expect(notice(phone)).toHaveCount(0);
  await solsken.stop();
  await phone.reload();
  await expect(isNext(phone)).toHaveCount(0);
  await expect(phone.page.locator(".story-card").first()).toBeVisible();
  // Once it is whole, it comes.
  await solsken.startAgain();
  network.build = "next";
  await look(phone);
  await phone.goto("/bibliotek");
  await expect(notice(phone)).toBeVisible();
});

test("a tab that still writes is left alone when another one updates", async ({ network, phones }) => {
  const phone = await settled(phones, network);
  await phone.goto("/beratta");
  await situation(phone).fill("Den här fliken skriver.");
  const other = await phone.context.newPage();
  await other.goto(`${network.url}/bibliotek`);
  network.build = "next";
  await look(phone);
  await other.getByRole("button", { name: "Uppdatera" }).click();
  await expect(other.locator("meta[name=build]")).toBeAttached();
  await expect(situation(phone)).toHaveValue("Den här fliken skriver.");
  await situation(phone).pressSequentially(" Den är kvar.");
  await phone.page.getByRole("button", { name: "Spara berättelsen" }).click();
  await expect(slip(phone)).toHaveAttribute("data-state", "confirmed");
  // Nothing waits any more, and still this tab has to be loaded anew.
  // By the keyboard: so soon after the click that saved, and in the same place, a click is taken for the rest of a double tap.
  await phone.page.getByRole("link", { name: "Klar" }).press("Enter");
  await phone.page.getByRole("button", { name: "Uppdatera" }).click();
  await expect(isNext(phone)).toBeAttached();
});

test("the service worker can be taken away from all phones, and loses nothing", async ({ phones, solsken }) => {
  const phone = phones();
  await phone.open();
  await phone.join();
  await phone.canDoWithoutNetwork();
  await solsken.stop();
  await phone.tell(STORY);
  await phone.goto("/beratta");
  await situation(phone).fill("Ett utkast som blir kvar.");
  await expect(phone.page.locator(".saved-line")).toContainText("Utkast sparat");
  await solsken.startAgain(["--retire-worker"]);
  await look(phone);
  await expect.poll(() => builds(phone)).toHaveLength(0);
  await phone.goto("/jag");
  await expect(phone.page.locator("li.mine")).toContainText("tapeten");
  await expect(phone.page.locator("li.mine")).toContainText("Mottagen: klart");
  await expect(phone.page.locator("section[aria-labelledby=drafts] li")).toContainText("Ett utkast som blir kvar");
  await expect.poll(() => phone.page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)).toBe(0);

  // And it comes back when it may.
  await solsken.stop();
  await solsken.startAgain();
  await phone.reload();
  await phone.canDoWithoutNetwork();
  await solsken.stop();
  await phone.reload();
  await expect(phone.page.locator(".story-card").first()).toContainText("tapeten");
});
