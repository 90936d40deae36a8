// Everyone can use it: with a screen reader, with large text, on a small phone, without a pointer.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import AxeBuilder from "@axe-core/playwright";

import { expect, test } from "../network.js";
import { overflow } from "../overflow.js";
import { isDrawn, routes, speak } from "../routes.js";

/** What axe finds, in words that say where. */
async function barriers(phone) {
  await isDrawn(phone);
  const { violations } = await new AxeBuilder({ page: phone.page }).analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, any, all, none }) => {
      const why = [...any, ...all, ...none].map(({ message }) => message).join("; ");
      return `${id} at ${target.join(" ")}: ${why}`;
    }),
  );
}

for (const language of ["sv", "en"]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`nothing stands in anyone's way (${language}, ${colorScheme})`, async ({ phones }) => {
      const phone = phones({ colorScheme, reducedMotion: "reduce" });
      await phone.open();
      await speak(phone, language);
      await phone.reload();
      expect.soft(await barriers(phone), "welcome").toEqual([]);
      await phone.join();
      for (const [name, address] of Object.entries(await routes(phone))) {
        await phone.goto(address);
        expect.soft(await barriers(phone), name).toEqual([]);
      }
      await phone.tell({ happened: "En kund fick hjälp i regnet, klockan tio vid porten.", did: "Vi bar.", went: "”Tack!”" });
      expect.soft(await barriers(phone), "told").toEqual([]);
    });
  }
}

for (const colorScheme of ["light", "dark"]) {
  test.describe("an empty library", () => {
    test.use({ demo: false });
    test(`nothing stands in the way where there is nothing yet (${colorScheme})`, async ({ phones }) => {
      const phone = phones({ colorScheme, reducedMotion: "reduce" });
      await phone.open();
      await phone.join();
      for (const address of ["/", "/bibliotek", "/lara", "/lara/ny", "/jag", "/beratta"]) {
        await phone.goto(address);
        expect.soft(await barriers(phone), address).toEqual([]);
      }
    });
  });

  test(`nothing stands in the way when something is wrong (${colorScheme})`, async ({ network, phones }) => {
    const phone = phones({ colorScheme, reducedMotion: "reduce", serviceWorkers: "block" }, network);
    await phone.open();
    await phone.page.getByLabel("Kod").fill("QQQQQQ");
    await phone.page.getByRole("button", { name: "Fortsätt" }).click();
    await phone.page.getByRole("alert").waitFor();
    expect.soft(await barriers(phone), "a wrong code").toEqual([]);
    await phone.join();
    await phone.goto("/beratta");
    await phone.page.locator("#situation").fill("å".repeat(10_001));
    await phone.page.locator(".dock button").click();
    await phone.page.getByRole("alert").first().waitFor();
    expect.soft(await barriers(phone), "too long").toEqual([]);

    network.api = "refused";
    await phone.tell({ happened: "Servern mår inte bra." });
    await phone.goto("/jag");
    await phone.page.getByText("Servern hade problem.").waitFor();
    expect.soft(await barriers(phone), "waiting").toEqual([]);

    network.engine = `indexedDB.open = () => { throw new DOMException("broken", "UnknownError"); };`;
    for (const address of ["/", "/bibliotek", "/jag", "/beratta"]) {
      await phone.goto(address);
      await phone.page.getByRole("alert").first().waitFor();
      expect.soft(await barriers(phone), `${address} without a store`).toEqual([]);
    }
  });
}

for (const [what, width, size] of [["a small phone", 360, 100], ["large text", 390, 200], ["large text in English", 390, 200]]) {
  test(`${what} shows everything without scrolling sideways`, async ({ phones }) => {
    const phone = phones({ viewport: { width, height: 740 } });
    // As its owner has set it in the browser.
    mkdirSync(join(phone.profile, "Default"));
    const settings = { webkit: { webprefs: { default_font_size: (16 * size) / 100 } } };
    writeFileSync(join(phone.profile, "Default", "Preferences"), JSON.stringify(settings));
    await phone.open();
    await speak(phone, what.endsWith("English") ? "en" : "sv");
    await phone.join();
    const shown = await phone.page.evaluate(() => getComputedStyle(document.documentElement).fontSize);
    expect(parseFloat(shown)).toBeGreaterThan((15 * size) / 100);
    for (const [name, address] of Object.entries(await routes(phone))) {
      await phone.goto(address);
      await expect.soft(async () => expect(await overflow(phone)).toEqual([]), name).toPass({ timeout: 3_000 });
    }
  });
}

test("the keyboard is enough: join, tell, search, react, present", async ({ solsken, phones }) => {
  const phone = phones({ hasTouch: false, isMobile: false, viewport: { width: 900, height: 800 } });
  await phone.open();
  const { page } = phone;
  /** Goes from stop to stop of the keyboard until it is there; every one of them can be seen to be there. */
  const tabTo = async (target) => {
    for (let presses = 0; presses < 80; presses += 1) {
      if (await target.evaluate((element) => element === document.activeElement).catch(() => false)) return;
      await page.keyboard.press("Tab");
      const unseen = await page.evaluate(() => {
        const at = document.activeElement;
        if (!at || at === document.body) return "";
        const ring = ({ outlineStyle }) => outlineStyle !== "none";
        const frame = at.closest("label, .search, .chip, .prompt, .story-card") ?? at;
        const rings = [at, frame].some((element) => ring(getComputedStyle(element)));
        const isSeen = rings || ring(getComputedStyle(at, "::after")) || at.matches("input, textarea");
        return isSeen ? "" : at.outerHTML.slice(0, 200);
      });
      expect(unseen, "where the keyboard is").toBe("");
    }
    throw new Error("the keyboard does not get there");
  };

  const secret = new URL(solsken.links.member).hash.slice(1);
  await tabTo(page.getByLabel("Kod"));
  await page.keyboard.type(secret);
  await page.keyboard.press("Enter");
  await tabTo(page.locator("[name=name]"));
  await page.keyboard.type("Elin W.");
  await page.keyboard.press("Enter");
  await page.locator(".tab-bar").waitFor();

  await tabTo(page.locator(".tell-button"));
  await page.keyboard.press("Enter");
  await tabTo(page.locator("#situation"));
  await page.keyboard.type("Tangentbordet räckte hela vägen till kunden.");
  await tabTo(page.getByRole("button", { name: "Spara berättelsen" }));
  await page.keyboard.press("Enter");
  await page.locator(".slip").waitFor();
  await tabTo(page.getByRole("link", { name: "Klar" }));
  await page.keyboard.press("Enter");

  await tabTo(page.getByRole("link", { name: "Bibliotek" }));
  await page.keyboard.press("Enter");
  await tabTo(page.locator("#q"));
  await page.keyboard.type("tangentbord");
  await expect(page.locator(".story-card")).toHaveCount(1);
  await tabTo(page.locator(".story-card a"));
  await page.keyboard.press("Enter");
  const applause = page.getByRole("button", { name: /Applåd/ });
  await tabTo(applause);
  await page.keyboard.press("Enter");
  await expect(applause).toHaveAttribute("aria-pressed", "true");
  // Whoever has pressed it is still at it.
  await expect(applause).toBeFocused();

  await tabTo(page.getByRole("link", { name: "Lära" }));
  await page.keyboard.press("Enter");
  await tabTo(page.locator("main .story-card a").first());
  await page.keyboard.press("Enter");
  await tabTo(page.getByRole("link", { name: "Visa på skärm" }));
  await page.keyboard.press("Enter");
  const title = page.locator(".stage__title");
  const first = await title.textContent();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByText("Vad tar vi med oss?")).toBeVisible();
  await page.keyboard.press("ArrowRight");
  await expect(title).not.toHaveText(first);
  await page.keyboard.press("ArrowLeft");
  await expect(title).toHaveText(first);
  await page.keyboard.press("Escape");
  await expect(page).not.toHaveURL(/visa/);
});
