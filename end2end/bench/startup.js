// How soon Solsken is there: the first visit over a weak link, a later one without a network and with a full library,
// and how soon a told story is safe. On a processor four times slower than this one.
//
// Prints JSON: medians over `RUNS` profiles, in milliseconds and bytes. `SOLSKEN` names the server's binary, `STORIES`
// a file of stories.

import { chromium } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { LAUNCH } from "../phone.js";
import { BINARY, Solsken } from "../solsken.js";
import { Link } from "./link.js";

const RUNS = Number(process.env.RUNS ?? 3);
const SLOWER = 4;
const TOLD = 40;
const SCREEN = { viewport: { width: 412, height: 823 }, deviceScaleFactor: 1.75, isMobile: true, hasTouch: true };

/** When the first visible, enabled element of a selector was there, from the start of the navigation. */
const usable = (page, selector) =>
  page.evaluate(async (selector) => {
    for (;;) {
      const there = [...document.querySelectorAll(selector)].some((element) => {
        const { width, height } = element.getBoundingClientRect();
        return width > 0 && height > 0 && !element.disabled && getComputedStyle(element).visibility !== "hidden";
      });
      if (there) return performance.now();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }, selector);

async function slowPage(context) {
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  return page;
}

async function measure(solsken) {
  const profile = mkdtempSync(join(tmpdir(), "startup-"));
  const link = await Link.to(solsken.port);
  const context = await chromium.launchPersistentContext(profile, { ...LAUNCH, ...SCREEN, locale: "sv-SE" });
  const figures = {};
  try {
    let page = await slowPage(context);
    await page.goto(link.url, { waitUntil: "commit" });
    figures.first_usable_ms = await usable(page, "html[data-ready] #code");
    figures.first_bytes = link.down;
    link.weak = false;
    await page.waitForFunction(() => navigator.serviceWorker.ready.then(() => true));
    await page.waitForTimeout(1500);
    figures.with_everything_for_offline_bytes = link.down;
    await page.close();

    page = await context.newPage();
    await page.goto(new URL(new URL(solsken.links.member).pathname + new URL(solsken.links.member).hash, link.url).href);
    await page.locator("[name=name]").fill("Elin W.");
    await page.locator("[name=site]").fill("Borås");
    await page.locator("[name=department]").fill("Färg");
    await page.locator("form.form button[data-wide]").click();
    await page.locator(".tab-bar").waitFor();
    await page.goto(`${link.url}/bibliotek`);
    await page.locator(".find__result", { hasText: "Sökt på telefonen" }).waitFor({ timeout: 300_000 });
    figures.stories_on_phone = await page.locator(".find__result span").first().innerText();
    // What the next start loads is written once everything is indexed.
    await page.waitForFunction(indexIsLeft, undefined, { timeout: 300_000, polling: 500 });
    await page.close();

    await link.cut();
    page = await slowPage(context);
    await page.goto(`${link.url}/bibliotek`, { waitUntil: "commit" });
    figures.offline_list_usable_ms = await usable(page, "html[data-ready] .story-card a");
    figures.saves_ms = await tellMany(page, link.url);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
  return figures;
}

/** Whether the index lies in the store. */
function indexIsLeft() {
  return new Promise((resolve) => {
    const open = indexedDB.open("solsken");
    open.onsuccess = () => {
      const db = open.result;
      const key = db.transaction("snapshots").objectStore("snapshots").getKey("index");
      key.onsuccess = () => {
        db.close();
        resolve(key.result !== undefined);
      };
    };
    open.onerror = () => resolve(false);
  });
}

/** From the tap on "save" until the screen says that the story is safe on the phone, in milliseconds each. */
async function tellMany(page, url) {
  const took = [];
  await page.goto(url);
  for (let n = 0; n < TOLD; n++) {
    await page.locator("a[href='/beratta']").first().click();
    await page.locator("textarea").first().fill(`Kund nummer ${n} ville ha en färg som inte fanns.`);
    // Nobody is quicker with the thumb than the draft is kept.
    await page.locator(".dock", { hasText: "Utkast sparat" }).waitFor();
    took.push(
      await page.evaluate(async () => {
        const start = performance.now();
        document.querySelector(".dock button").click();
        while (!location.pathname.includes("/klar/")) await new Promise((resolve) => setTimeout(resolve, 1));
        return performance.now() - start;
      }),
    );
    await page.locator(".dock a").click();
  }
  return took;
}

const sorted = (numbers) => numbers.toSorted((a, b) => a - b);
const quantile = (numbers, share) => sorted(numbers)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))];

const runs = [];
for (let run = 0; run < RUNS; run++) {
  const solsken = await Solsken.start();
  execFileSync(BINARY, ["import", process.env.STORIES, "--data", solsken.data]);
  runs.push(await measure(solsken));
  await solsken.end();
}
const median = (name) => quantile(runs.map((run) => run[name]), 0.5);
const saves = runs.flatMap((run) => run.saves_ms);
console.log(
  JSON.stringify({
    runs: RUNS,
    slower: SLOWER,
    stories_on_phone: runs[0].stories_on_phone,
    first_usable_ms: median("first_usable_ms"),
    first_bytes: median("first_bytes"),
    with_everything_for_offline_bytes: median("with_everything_for_offline_bytes"),
    offline_list_usable_ms: median("offline_list_usable_ms"),
    save_p50_ms: quantile(saves, 0.5),
    save_p95_ms: quantile(saves, 0.95),
  }),
);
