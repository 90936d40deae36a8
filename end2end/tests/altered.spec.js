// A page that the server drew comes to life whatever was done to it before the app had started.

import { ALTERATIONS, alter, openHeldBack } from "../altered.js";
import { expect, test } from "../phone.js";
import { routes } from "../routes.js";

/** Without a service worker every page is drawn by the server. */
const NO_WORKER = { serviceWorkers: "block", viewport: { width: 390, height: 844 } };
const FIELD = "input:not([type=radio], [type=file], [type=date]), textarea";
const TYPED = "Ring 08-465 004 10";

async function joined(phones) {
  const phone = phones(NO_WORKER);
  await phone.open();
  await phone.join({ role: "curator" });
  await phone.tell({ happened: "Kunden ringde från 08-465 004 10 om order 15555555555.", did: "Vi ringde upp.", went: "Bra." });
  await expect(phone.page.locator(".slip .step", { hasText: "Mottagen" })).toHaveAttribute("data-state", "confirmed");
  const told = new URL(phone.page.url()).pathname;
  return [phone, { ...(await routes(phone)), told, "own story": told.replace("/beratta/klar/", "/berattelse/") }];
}

/** Types into the first field of the server's page, if it has one. */
async function type(page) {
  const field = page.locator(FIELD).first();
  if ((await field.count()) === 0) return null;
  await field.fill(TYPED);
  return field;
}

/** A tap shows another screen without loading a page. */
async function expectTapsToAnswer(phone, what) {
  const { page } = phone;
  await page.evaluate(() => (window.isSame = true));
  const from = new URL(page.url()).pathname;
  const link = page.locator(`a[href^='/']:not([href='${from}'], [href^='/api/']):visible`).first();
  await link.click();
  await expect.poll(() => new URL(page.url()).pathname, what).not.toBe(from);
  expect(await page.evaluate(() => window.isSame), `${what}: the app followed the link`).toBe(true);
}

async function expectToLive(phone, address, prepare, what) {
  let field = null;
  await openHeldBack(phone, address, async (page) => {
    field = await type(page);
    await prepare(page);
  });
  if (field !== null) await expect(field, what).toHaveValue(TYPED);
  await expectTapsToAnswer(phone, what);
  expect(phone.complaints, what).toEqual([]);
}

/** Alters the page so that the app notices only while it hydrates. */
async function alterUnseen(page) {
  await page.evaluate(() => document.documentElement.removeAttribute("data-shape"));
  await alter(page, "a translator replaces every text");
}

for (const name of Object.keys(ALTERATIONS)) {
  test(`every screen that the server drew answers although ${name}`, async ({ phones }) => {
    const [phone, addresses] = await joined(phones);
    for (const [screen, address] of Object.entries(addresses)) {
      await expectToLive(phone, address, (page) => alter(page, name), screen);
    }
  });
}

test("every screen that nobody altered is hydrated, and reports nothing", async ({ phones }) => {
  const [phone, addresses] = await joined(phones);
  const reports = [];
  phone.page.on("request", (request) => request.url().includes("/remounts/") && reports.push(request.url()));
  for (const [screen, address] of Object.entries(addresses)) {
    await expectToLive(phone, address, async () => {}, screen);
    expect(await phone.page.locator("html").getAttribute("data-mount"), screen).toBe("hydrate");
  }
  expect(reports).toEqual([]);
});

test("every screen answers when hydrating it traps", async ({ phones }) => {
  const [phone, addresses] = await joined(phones);
  const reports = [];
  phone.page.on("request", (request) => request.url().includes("/remounts/") && reports.push(request));
  for (const [screen, address] of Object.entries(addresses)) {
    await expectToLive(phone, address, alterUnseen, screen);
  }
  expect(reports.map((report) => new URL(report.url()).pathname)).toEqual(
    Object.keys(addresses).map(() => "/api/v1/remounts/trapped"),
  );
  expect(reports.map((report) => report.postData())).toEqual(reports.map(() => null));
});

/** The first tasks of the app trap, as a panic in one of them would. */
const trapTasks = (times) => {
  const queue = window.queueMicrotask;
  window.queueMicrotask = (task) => {
    if (times-- <= 0) return queue.call(window, task);
    queue.call(window, () => {
      throw new WebAssembly.RuntimeError("unreachable");
    });
  };
};

test("a screen answers when one of the app's first tasks traps after hydrating", async ({ phones }) => {
  const [phone] = await joined(phones);
  await phone.page.addInitScript(trapTasks, 1);
  for (const screen of ["/", "/bibliotek", "/beratta", "/jag"]) {
    await expectToLive(phone, screen, async () => {}, screen);
    expect(await phone.page.locator("html").getAttribute("data-mount")).toBe("anew");
  }
});

test("a page that traps again and again is mounted anew once, not for ever", async ({ phones }) => {
  const [phone] = await joined(phones);
  const { page } = phone;
  const reports = [];
  page.on("request", (request) => request.url().includes("/remounts/") && reports.push(request.url()));
  await page.addInitScript(trapTasks, 1_000_000);
  const failed = page.waitForEvent("pageerror");
  await page.goto(phone.solsken.url);
  await failed;
  // Two loads of another page later nothing more has come of it.
  await page.evaluate(() => Promise.all([1, 2].map(() => fetch("/healthz"))));
  expect(reports.length).toBe(1);
  phone.complaints.length = 0;
});

test("the focus, the selection and the scroll position outlive mounting anew", async ({ phones }) => {
  const [phone] = await joined(phones);
  const { page } = phone;
  const outcome = page.locator("#outcome");
  await openHeldBack(phone, "/beratta", async () => {
    await outcome.fill("Hon skrattade.");
    await outcome.evaluate((field) => field.setSelectionRange(4, 13));
    await page.evaluate(() => window.scrollTo(0, 120));
    await alter(page, "a translator replaces every text");
  });
  await expect(outcome).toBeFocused();
  expect(await page.evaluate(() => getSelection().toString())).toBe("skrattade");
  expect(await page.evaluate(() => window.scrollY)).toBe(120);
  await expect(page.locator(".saved-line")).toContainText("Utkast sparat");
});

test("an invite lets its person join although hydrating traps", async ({ phones, solsken }) => {
  const phone = phones(NO_WORKER);
  await phone.open();
  await openHeldBack(phone, solsken.links.member, alterUnseen);
  await expect(phone.page.locator("[name=name]")).toBeVisible();
});

test("what was shared is on the sheet although hydrating traps", async ({ phones }) => {
  const phone = phones(NO_WORKER);
  await phone.open();
  await openHeldBack(phone, "/beratta?text=En%20kund%20ringde.", alterUnseen);
  await expect(phone.page.locator("#situation")).toHaveValue("En kund ringde.");
  await expect(phone.page.locator(".saved-line")).toContainText("Utkast sparat");
});

for (const name of Object.keys(ALTERATIONS)) {
  test(`an invite lets its person join although ${name}`, async ({ phones, solsken }) => {
    const phone = phones(NO_WORKER);
    await phone.open();
    const { page } = phone;
    await openHeldBack(phone, solsken.links.member, () => alter(page, name));
    await page.locator("[name=name]").fill("Elin W.");
    await page.locator("[name=site]").fill("Borås");
    await page.locator("[name=department]").fill("Färg");
    await page.locator("form.form button[data-wide]").click();
    await expect(page.locator(".tab-bar")).toBeVisible();
  });
}
