// A story told without a network reaches the library and is found.

import { expect, test } from "../phone.js";

const STORY = {
  happened: "En kund grät vid disken eftersom bröllopstårtans dekorationer hade gått sönder i bilen.",
  did: "Vi lagade dem med limpistol medan hon drack kaffe.",
  went: "Hon skickade en bild från festen.",
};

test("told with the server stopped, found on another phone", async ({ solsken, phones }) => {
  const phone = phones();
  await phone.open();
  await phone.join();
  await phone.canDoWithoutNetwork();

  await solsken.stop();
  await phone.tell(STORY);
  await expect(phone.page.locator(".slip")).toContainText("Sparad på telefonen");

  await phone.close();
  await phone.open("/bibliotek");
  await phone.search("bröllopstårta dekoration");
  const first = phone.page.locator(".story-card").first();
  await expect(first).toContainText("bröllopstårtans");
  await expect(first.locator("mark").first()).toBeVisible();
  await first.locator("a").click();
  await expect(phone.page).toHaveURL(/\/berattelse\//);
  const address = new URL(phone.page.url()).pathname;
  await phone.goto(address.replace("/berattelse/", "/beratta/klar/"));
  const received = phone.page.locator(".slip li", { hasText: "Mottagen" });
  await expect(received).toHaveAttribute("data-state", "waiting");

  await solsken.startAgain();
  await expect(received).toHaveAttribute("data-state", "confirmed", { timeout: 60_000 });

  const other = phones();
  await other.open();
  await other.join({ name: "Hassan M.", site: "Umeå", department: "Kassan" }).catch(() => null);
  await other.search("dekorationen på bröllopstårtor");
  await expect(other.page.locator(".story-card").first()).toContainText("bröllopstårtans");
});

test("every address opens and reloads without a network", async ({ solsken, phone }) => {
  await phone.join();
  await phone.canDoWithoutNetwork();
  const href = (selector) => phone.page.locator(selector).first().getAttribute("href");
  const story = await href("a[href^='/berattelse/']");
  await phone.goto("/lara");
  const path = await href("a[href^='/lara/']:not([href='/lara/ny'])");
  await solsken.stop();
  const headings = {
    "/": "Hej Elin!",
    "/bibliotek": "Bibliotek",
    [story]: /\S/,
    "/lara": "Lära av varandra",
    "/lara/ny": "Ny introduktion",
    [path]: /\S/,
    [`${path}/1`]: /\S/,
    [`${path}/visa`]: /\S/,
    [`${path}/andra`]: "Ändra introduktionen",
    "/jag": "Elin W.",
    "/beratta": "Berätta",
    "/finns-inte": "Sidan finns inte",
  };
  for (const [address, heading] of Object.entries(headings)) {
    await phone.goto(address);
    await phone.reload();
    await expect(phone.page.locator("h1, h2").first(), address).toHaveText(heading);
  }
});
