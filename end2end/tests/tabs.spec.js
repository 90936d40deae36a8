// One profile, several tabs, and people who leave.

import { photo } from "../media.js";
import { expect, test } from "../network.js";

test.use({ demo: false });

/** Another tab of the same browser, with the phone's own ways. */
async function tabOf(phone, path = "/") {
  const page = await phone.context.newPage();
  const tab = Object.assign(Object.create(Object.getPrototypeOf(phone)), phone, { page });
  page.on("pageerror", (error) => phone.complaints.push(String(error)));
  await tab.goto(path);
  return tab;
}

const cards = (phone) => phone.page.locator(".story-card");
const received = (phone) => phone.page.locator(".slip .step", { hasText: "Mottagen" });

test("what is told in one tab shows in the other", async ({ solsken, phone }) => {
  await phone.join();
  await phone.canDoWithoutNetwork();
  const other = await tabOf(phone, "/bibliotek");
  await expect(other.page.getByText("Biblioteket väntar på sin första")).toBeVisible();
  await solsken.stop();
  await phone.tell({ happened: "Två flikar är en för mycket." });
  await expect(cards(other)).toContainText("Två flikar");
  await solsken.startAgain();
  await expect(received(phone)).toHaveAttribute("data-state", "confirmed", { timeout: 60_000 });
  await expect(cards(other)).toHaveCount(1);
});

test("two tabs that tell at once without a network tell two stories, each once", async ({ solsken, phones }) => {
  const phone = phones();
  await phone.open();
  await phone.join();
  await phone.canDoWithoutNetwork();
  const other = await tabOf(phone);
  await solsken.stop();
  await Promise.all([
    phone.tell({ happened: "Den ena fliken berättar om regnet." }),
    other.tell({ happened: "Den andra fliken berättar om solen." }),
  ]);
  for (const tab of [phone, other]) {
    await tab.goto("/jag");
    await expect(tab.page.locator("section[aria-labelledby=waiting] li")).toHaveCount(2);
  }
  await solsken.startAgain();
  for (const tab of [phone, other]) {
    await expect(tab.page.getByText("Allt på telefonen är skickat.")).toBeVisible({ timeout: 60_000 });
    await expect(tab.page.locator("li.mine")).toHaveCount(2);
  }
  const reader = phones();
  await reader.open();
  await reader.join({ name: "Hassan M." });
  await reader.goto("/bibliotek");
  await expect(cards(reader)).toHaveCount(2);
});

test("one draft in two tabs: neither text is lost", async ({ phone }) => {
  await phone.join();
  await phone.goto("/beratta");
  const field = (tab) => tab.page.locator("#situation");
  await field(phone).fill("Regnet");
  await expect(phone.page).toHaveURL(/utkast=/);
  const other = await tabOf(phone, phone.page.url());
  await expect(field(other)).toHaveValue("Regnet");
  await field(phone).fill("Regnet i ena fliken");
  await expect(phone.page.locator(".saved-line")).toContainText("Utkast sparat");
  await field(other).fill("Regnet i andra fliken");
  await expect(other.page.locator(".saved-line")).toContainText("Utkast sparat");
  const said = (tab) => tab.page.getByRole("status").filter({ hasText: "Du skriver på två ställen" });
  await expect(said(other)).toBeVisible();
  await field(other).fill("Regnet i andra fliken, och mer");
  await expect(other.page.locator(".saved-line")).toContainText("Utkast sparat");
  await expect(said(other)).toBeVisible();
  await expect(said(phone)).toHaveCount(0);
  await phone.goto("/jag");
  const drafts = phone.page.locator("section[aria-labelledby=drafts] li");
  await expect(drafts).toHaveCount(2);
  await expect(drafts.filter({ hasText: "ena fliken" })).toHaveCount(1);
  await expect(drafts.filter({ hasText: "andra fliken" })).toHaveCount(1);
});

test("what another tab has gone on with stays a draft when an older tab tells it", async ({ phone }) => {
  await phone.join();
  await phone.goto("/beratta");
  const field = (tab) => tab.page.locator("#situation");
  await field(phone).fill("Regnet");
  await expect(phone.page.locator(".saved-line")).toContainText("Utkast sparat");
  await expect(phone.page).toHaveURL(/utkast=/);
  const other = await tabOf(phone, phone.page.url());
  await expect(field(other)).toHaveValue("Regnet");
  await field(other).fill("Regnet, och tio minuters arbete");
  await expect(other.page.locator(".saved-line")).toContainText("Utkast sparat");
  await other.page.close();
  await phone.page.getByRole("button", { name: "Spara berättelsen" }).click();
  await expect(phone.page).toHaveURL(/klar/);
  await phone.goto("/jag");
  const drafts = phone.page.locator("section[aria-labelledby=drafts] li");
  await expect(drafts).toHaveCount(1);
  await expect(drafts).toContainText("tio minuters arbete");
});

test("a draft that was told leaves nothing behind, however it was written", async ({ phone }) => {
  await phone.join();
  await phone.goto("/beratta");
  const situation = phone.page.locator("#situation");
  await situation.fill("Regnet");
  await expect(phone.page.locator(".saved-line")).toContainText("Utkast sparat");
  await phone.reload();
  await expect(situation).toHaveValue("Regnet");
  await situation.pressSequentially(" kom, och vi lånade ut ett paraply");
  await phone.page.getByRole("button", { name: "Spara berättelsen" }).click();
  await expect(phone.page).toHaveURL(/klar/);
  await phone.goto("/jag");
  await expect(phone.page.locator("li.mine")).toContainText("paraply");
  await expect(phone.page.locator("section[aria-labelledby=drafts] li")).toHaveCount(0);
});

test("nothing can be typed that would not be told, while photos are still taken in", async ({ phone }) => {
  await phone.join();
  await phone.goto("/beratta");
  await phone.page.locator("#situation").fill("Fyra stora bilder.");
  const buffer = await photo(phone.page, { width: 4000, height: 3000, noise: true });
  const files = [1, 2, 3].map((n) => ({ name: `${n}.jpg`, mimeType: "image/jpeg", buffer }));
  await phone.page.locator("input[type=file]").first().setInputFiles(files);
  await phone.page.getByRole("button", { name: "Spara berättelsen" }).click();
  const action = phone.page.locator("#action");
  // Either the sheet is gone already, or it takes nothing more.
  const takes = await action.evaluate((field) => !field.closest("[inert]"), null, { timeout: 1_000 }).catch(() => false);
  expect(takes).toBe(false);
  await expect(phone.page).toHaveURL(/klar/);
});

test("who signs out in one tab is signed out in all of them, and who joins is in", async ({ phone }) => {
  await phone.join();
  const other = await tabOf(phone, "/bibliotek");
  await expect(other.page.locator(".tab-bar")).toBeVisible();
  await signOut(phone);
  await expect(other.page.getByLabel("Kod")).toBeVisible();
  await expect(other.page.locator(".tab-bar")).toHaveCount(0);
  await phone.join({ name: "Hassan M." });
  await other.page.bringToFront();
  await expect(other.page.locator(".tab-bar")).toBeVisible();
});

async function signOut(phone) {
  await phone.goto("/jag");
  await phone.page.getByRole("button", { name: "Logga ut" }).click();
  await phone.page.getByRole("button", { name: "Ja, logga ut" }).click();
  await expect(phone.page.getByLabel("Kod")).toBeVisible();
}

test("what was unsent when its person signed out arrives without them", async ({ solsken, phones }) => {
  const phone = phones();
  await phone.open();
  await phone.join({ name: "Elin W." });
  await phone.canDoWithoutNetwork();
  await solsken.stop();
  await phone.tell({ happened: "Skiftet tog slut innan täckningen kom tillbaka." });
  await signOut(phone);
  await expect(phone.page.getByText("Väntar på att skickas (1)")).toBeVisible();
  await expect(phone.page.getByText("Det skickas i ditt namn")).toBeVisible();
  await phone.close();

  await solsken.startAgain();
  await phone.open();
  await expect(phone.page.getByText("Väntar på att skickas")).toHaveCount(0);
  await expect(phone.page.getByLabel("Kod")).toBeVisible();
  const reader = phones();
  await reader.open();
  await reader.join({ name: "Hassan M." });
  await reader.goto("/bibliotek");
  await expect(cards(reader)).toContainText("Skiftet tog slut");
  await expect(cards(reader)).toContainText("Elin W.");
});

test("who signed out without a network is not let in again by the server's page", async ({ network, phones }) => {
  const phone = phones({}, network);
  await phone.open();
  await phone.join();
  await phone.canDoWithoutNetwork();
  network.concerns = /^\/api\//;
  network.api = "cut";
  await signOut(phone);
  network.api = null;
  // The next on this phone comes without the service worker, as on a first visit: the browser still has the cookie.
  await phone.page.evaluate(async () => {
    for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister();
  });
  await phone.goto("/jag");
  await expect(phone.page.getByLabel("Kod")).toBeVisible();
  await expect(async () => {
    const answer = await phone.context.request.get(`${network.url}/jag`);
    expect(await answer.text()).not.toContain("Elin W.");
  }).toPass();
  await phone.goto("/");
  await expect(phone.page.getByLabel("Kod")).toBeVisible();
});

test("a draft that one person left does not show for the next", async ({ phone }) => {
  await phone.join({ name: "Elin W." });
  await phone.goto("/beratta");
  await phone.page.locator("#situation").fill("Bara Elin får läsa det här.");
  await expect(phone.page.locator(".saved-line")).toContainText("Utkast sparat");
  await signOut(phone);
  await phone.join({ name: "Hassan M." });
  await phone.goto("/jag");
  await expect(phone.page.locator("#mine")).toBeVisible();
  await expect(phone.page.getByText("Bara Elin")).toHaveCount(0);
});

test("the next person on a phone reads a library of their own", async ({ solsken, phone }) => {
  await phone.join({ name: "Elin W." });
  await phone.tell({ happened: "Alla får läsa det här." });
  await expect(received(phone)).toHaveAttribute("data-state", "confirmed");
  await phone.canDoWithoutNetwork();
  await expect(cards(phone)).toHaveCount(1);
  await signOut(phone);
  await phone.join({ name: "Hassan M.", department: "Bygg" });
  await phone.canDoWithoutNetwork();
  await expect(cards(phone)).toContainText("Alla får läsa");
  const handovers = await phone.page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const open = indexedDB.open("solsken");
        open.onerror = () => reject(open.error);
        open.onsuccess = () => {
          const row = open.result.transaction("library").objectStore("library").get("row");
          row.onsuccess = () => {
            open.result.close();
            resolve(JSON.parse(row.result).handovers);
          };
        };
      }),
  );
  expect(handovers).toBe(1);
  await solsken.stop();
  await phone.goto("/bibliotek");
  await expect(cards(phone)).toContainText("Alla får läsa");
});
