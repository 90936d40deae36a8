// One phone, several people, and windows that are still open from the one before. Nobody speaks in another's name.

import { expect, test } from "../network.js";

test.use({ demo: false });

const situation = (phone) => phone.page.locator("#situation");
const saved = (phone) => phone.page.locator(".saved-line");
const drafts = (phone) => phone.page.locator("section[aria-labelledby=drafts] li");
const PUT_AWAY = "Utkastet är sparat åt den som skrev det";

/** Another window of the same browser. */
async function windowOf(phone, path) {
  const page = await phone.context.newPage();
  const other = Object.assign(Object.create(Object.getPrototypeOf(phone)), phone, { page });
  page.on("pageerror", (error) => phone.complaints.push(String(error)));
  await other.goto(path);
  return other;
}

async function signOut(phone) {
  await phone.goto("/jag");
  await phone.page.getByRole("button", { name: "Logga ut" }).click();
  await phone.page.getByRole("button", { name: "Ja, logga ut" }).click();
  await expect(phone.page.getByLabel("Kod")).toBeVisible();
}

/** Every draft in this browser, whoever wrote it: its first words, and whether it is somebody's. */
const stored = (phone) =>
  phone.page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const open = indexedDB.open("solsken");
        open.onerror = () => reject(open.error);
        open.onsuccess = () => {
          const rows = open.result.transaction("drafts").objectStore("drafts").getAll();
          rows.onsuccess = () => {
            open.result.close();
            resolve(rows.result.map((json) => JSON.parse(json)).map(({ texts, person }) => [texts.situation, person]));
          };
        };
      }),
  );

test("a sheet that one person left open in a window is not told by the next, and stays theirs", async ({
  solsken,
  phone,
}) => {
  await phone.join({ name: "Elin W." });
  await phone.goto("/beratta");
  await situation(phone).fill("Bara Elin får berätta det här.");
  await expect(saved(phone)).toContainText("Utkast sparat");
  const other = await windowOf(phone, "/jag");
  await signOut(other);
  await expect(phone.page.getByText(PUT_AWAY)).toBeVisible();
  await expect(situation(phone)).toHaveValue("");
  await other.join({ name: "Hassan M." });
  await expect(phone.page.getByText(PUT_AWAY)).toBeVisible();
  await expect(situation(phone)).toHaveValue("");
  await expect(phone.page.getByRole("button", { name: "Spara berättelsen" })).toBeDisabled();
  // The sheet is Hassan's own from here on.
  await situation(phone).fill("Hassan berättar något eget.");
  await phone.page.getByRole("button", { name: "Spara berättelsen" }).click();
  await expect(phone.page.locator(".slip .step", { hasText: "Mottagen" })).toHaveAttribute("data-state", "confirmed");
  const told = solsken.exported();
  expect(told).toContain("Hassan berättar något eget.");
  expect(told).not.toContain("Bara Elin");
  await phone.goto("/jag");
  await expect(phone.page.locator("li.mine")).toHaveCount(1);
  await expect(drafts(phone)).toHaveCount(0);
  const kept = await stored(phone);
  expect(kept).toHaveLength(1);
  expect(kept[0][0]).toBe("Bara Elin får berätta det här.");
});

test("the address of another person's draft shows an empty sheet and says why", async ({ phone }) => {
  await phone.join({ name: "Elin W." });
  await phone.goto("/beratta");
  await situation(phone).fill("Elins egna ord.");
  await expect(saved(phone)).toContainText("Utkast sparat");
  const address = phone.page.url();
  await signOut(phone);
  await phone.join({ name: "Hassan M." });
  await phone.goto(address);
  await expect(phone.page.getByText(PUT_AWAY)).toBeVisible();
  await expect(situation(phone)).toHaveValue("");
  await situation(phone).fill("Hassans egna ord.");
  await expect(saved(phone)).toContainText("Utkast sparat");
  const kept = new Map(await stored(phone));
  expect([...kept.keys()].sort()).toEqual(["Elins egna ord.", "Hassans egna ord."]);
  expect(kept.get("Elins egna ord.")).not.toBe(kept.get("Hassans egna ord."));
});

test("what a page left is kept for whoever wrote it, not for whoever starts the next page", async ({ network, phones }) => {
  const phone = phones({ serviceWorkers: "block" }, network);
  await phone.open();
  await phone.join({ name: "Elin W." });
  network.engine = "await new Promise(() => {});";
  await phone.goto("/beratta");
  await situation(phone).fill("Elin hann inte spara.");
  const left = await phone.page.evaluate(() => {
    dispatchEvent(new PageTransitionEvent("pagehide"));
    return Object.entries(localStorage).filter(([, text]) => text.includes("Elin hann inte spara."));
  });
  network.engine = "";
  await signOut(phone);
  await phone.join({ name: "Hassan M." });
  await phone.page.evaluate((left) => left.forEach(([key, text]) => localStorage.setItem(key, text)), left);
  await phone.goto("/jag");
  await expect(phone.page.locator("#mine")).toBeVisible();
  await expect.poll(() => phone.page.evaluate(() => JSON.stringify(Object.entries(localStorage)))).not.toContain("Elin hann");
  await expect(drafts(phone)).toHaveCount(0);
  expect((await stored(phone)).map(([text]) => text)).toEqual(["Elin hann inte spara."]);
});

test("a sheet begun before anybody joined goes to whoever joins first, and to nobody after them", async ({ phone }) => {
  await phone.goto("/beratta");
  await situation(phone).fill("Skrivet innan någon gick med.");
  await expect(saved(phone)).toContainText("Utkast sparat");
  const other = await windowOf(phone, "/");
  await other.join({ name: "Elin W." });
  await expect(situation(phone)).toHaveValue("Skrivet innan någon gick med.");
  await other.goto("/jag");
  await expect(drafts(other)).toContainText("Skrivet innan");
  await signOut(other);
  await expect(situation(phone)).toHaveValue("");
  await other.join({ name: "Hassan M." });
  await expect(phone.page.getByText(PUT_AWAY)).toBeVisible();
  await expect(situation(phone)).toHaveValue("");
  await other.goto("/jag");
  await expect(drafts(other)).toHaveCount(0);
});

test("a half-filled form that one person left open is not saved by the next, nor shown to them", async ({ solsken, phones }) => {
  const curator = (name) => ({ role: "curator", name });
  solsken.links.curator = solsken.invite("curator", 5).link;
  const phone = phones();
  await phone.open();
  await phone.join({ name: "Anna" });
  await phone.tell({ happened: "En berättelse att visa." });
  await signOut(phone);
  await phone.join(curator("Elin W."));
  await phone.goto("/lara/ny");
  const title = phone.page.locator("form input").first();
  await title.fill("Elins första vecka");
  await phone.page.getByRole("button", { name: /En berättelse att visa/ }).first().click();
  const words = await windowOf(phone, "/jag/ord");
  await words.page.locator("form.wording input").first().fill("elins ord, halva");
  const other = await windowOf(phone, "/jag");
  await signOut(other);
  await other.join(curator("Hassan M."));
  // The windows from before, and new ones.
  await expect(title).toHaveValue("");
  await expect(phone.page.locator("ol.path li")).toHaveCount(0);
  await expect(words.page.locator("form.wording input").first()).toHaveValue("");
  await other.goto("/lara/ny");
  await expect(other.page.locator("form input").first()).toHaveValue("");
  await other.goto("/jag/ord");
  await expect(other.page.locator("form.wording input").first()).toHaveValue("");
});
