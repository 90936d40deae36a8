// Days and times are those of the place where the phone is, also on a page that the server drew in its own zone.

import { expect, test } from "../phone.js";

const ZONES = ["Europe/Stockholm", "Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kolkata", "UTC"];
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** `2026-12-01` at this moment in this zone. */
const dayIn = (zone, at) => new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(at);

/** `tisdag 1 december` */
const weekdayIn = (zone, at) =>
  new Intl.DateTimeFormat("sv-SE", { timeZone: zone, weekday: "long", day: "numeric", month: "long" }).format(at);

/** The next moment in which a day begins in this zone. */
function nextMidnight(zone) {
  const now = Date.now() - (Date.now() % MINUTE);
  for (let at = now; at <= now + DAY + 60 * MINUTE; at += MINUTE) {
    if (dayIn(zone, at) !== dayIn(zone, at - MINUTE)) return at;
  }
  throw new Error(`no day begins in ${zone}`);
}

async function withoutWorker(phones, timezoneId) {
  const phone = phones({ timezoneId, serviceWorkers: "block" });
  await phone.open();
  await phone.join();
  return phone;
}

for (const zone of ZONES) {
  test(`${zone}: home and telling answer around midnight, and the day is the phone's`, async ({ phones }) => {
    const phone = await withoutWorker(phones, zone);
    const { page } = phone;
    const midnight = nextMidnight(zone);
    await page.clock.install({ time: midnight });
    // The server goes by the real clock: one of these days is not its day.
    for (const at of [midnight - DAY + MINUTE, midnight - MINUTE, midnight + MINUTE, midnight + 90 * MINUTE]) {
      await page.clock.setSystemTime(at);
      await phone.goto("/");
      await expect(page.locator(".page__lead")).toContainText(weekdayIn(zone, at));
      await expect(page.locator(".story-card").first()).toBeVisible();
      await page.getByRole("navigation").getByRole("link", { name: "Berätta" }).click();
      await expect(page).toHaveURL(/beratta$/);
      await phone.goto("/beratta");
      await page.locator(".more__summary").first().click();
      const field = page.locator("[type=date]");
      await expect(field).toHaveAttribute("max", dayIn(zone, at));
      await field.fill(dayIn(zone, at));
      expect(await field.evaluate((field) => field.validity.valid)).toBe(true);
      await expect(page.locator("#day-to-come")).toBeEmpty();
      await field.fill(dayIn(zone, at + DAY));
      await expect(page.locator("#day-to-come")).not.toBeEmpty();
    }
  });

  test(`${zone}: a receipt that the server drew says the phone's time`, async ({ phones }) => {
    const phone = await withoutWorker(phones, zone);
    const { page } = phone;
    await phone.tell({ happened: "En kund kom tillbaka med kaffe." });
    const received = page.locator(".slip .step", { hasText: "Mottagen" });
    await expect(received).toHaveAttribute("data-state", "confirmed");
    const times = page.locator(".slip .step__when");
    await expect(times).toHaveCount(2);
    const shown = await times.allTextContents();
    expect(shown[1]).toMatch(/^(i går )?\d\d:\d\d$/);
    // Drawn by the server this time.
    await phone.reload();
    await expect(times).toHaveText(shown);
    await expect(page.locator(".slip__head")).toContainText(weekdayIn(zone, Date.now()), { ignoreCase: true });
    await phone.goto("/jag");
    await expect(page.locator("li.mine .receipt-row")).toBeVisible();
    await expect(page.locator("li.mine .receipt-row")).not.toContainText(/20\d\d/);
  });
}

test("a screen that stays open over midnight goes on with the new day", async ({ phones }) => {
  const zone = "Europe/Stockholm";
  const phone = await withoutWorker(phones, zone);
  const { page } = phone;
  const midnight = nextMidnight(zone);
  await page.clock.install({ time: midnight - MINUTE });
  await phone.goto("/");
  const lead = page.locator(".page__lead");
  await expect(lead).toContainText(weekdayIn(zone, midnight - MINUTE));
  await page.clock.fastForward(2 * MINUTE);
  await expect(lead).toContainText(weekdayIn(zone, midnight));
});
