// How soon Solsken is there: the first visit over a weak link, a later one without a network and with a full library,
// and how soon a told story is safe. On a processor four times slower than this one; a peer's visits, if there is one,
// take turns with ours.
//
// Prints JSON: medians over `RUNS` profiles, in milliseconds and bytes. `SOLSKEN` names the server's binary, `STORIES`
// a file of stories, `ACTUAL` the peer.

import { execFileSync } from "node:child_process";

import { BINARY, Solsken } from "../solsken.js";
import { measureActual } from "./actual.js";
import { SLOWER, quiet, slowPage, usable, withPhone } from "./visit.js";

const RUNS = Number(process.env.RUNS ?? 3);
const TOLD = 40;

async function measureSolsken() {
  const solsken = await Solsken.start();
  execFileSync(BINARY, ["import", process.env.STORIES, "--data", solsken.data]);
  try {
    return await withPhone(solsken.port, (context, link) => visits(context, link, solsken));
  } finally {
    await solsken.end();
  }
}

async function visits(context, link, solsken) {
  const figures = {};
  let page = await slowPage(context);
  await page.goto(link.url, { waitUntil: "commit" });
  figures.first_usable_ms = await usable(page, "html[data-ready] #code");
  figures.first_bytes = link.down;
  link.weak = false;
  await page.waitForFunction(() => navigator.serviceWorker.ready.then(() => true));
  await quiet(link);
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
  await page.addInitScript(noteWhenDurable);
  await page.goto(`${link.url}/bibliotek`, { waitUntil: "commit" });
  figures.offline_list_usable_ms = await usable(page, "html[data-ready] .story-card a");
  figures.saves = await tellMany(page, link.url);
  return figures;
}

/** Notes when the page is told that what it told is on the disk: the engine answers after its transaction, no sooner. */
function noteWhenDurable() {
  const post = Worker.prototype.postMessage;
  let telling;
  Worker.prototype.postMessage = function (text, ...rest) {
    if (/^\{"number":\d+,"message":\{"tell":/.test(text)) telling = JSON.parse(text).number;
    return post.call(this, text, ...rest);
  };
  window.Worker = class extends Worker {
    constructor(...how) {
      super(...how);
      this.addEventListener("message", ({ data }) => {
        const { answer } = JSON.parse(data);
        if (answer?.number === telling && "Ok" in JSON.parse(answer.message)) window.durableAt = performance.now();
      });
    }
  };
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

/** From the tap on "save" until the story is on the disk and the page knows, and until the screen says so, in
 * milliseconds each. */
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
        while (!document.querySelector(".thanks")) await new Promise((resolve) => setTimeout(resolve, 1));
        return { durable: window.durableAt - start, shown: performance.now() - start };
      }),
    );
    await page.locator(".dock a").click();
  }
  return took;
}

const sorted = (numbers) => numbers.toSorted((a, b) => a - b);
const quantile = (numbers, share) => sorted(numbers)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))];

const [ours, theirs] = [[], []];
for (let run = 0; run < RUNS; run++) {
  ours.push(await measureSolsken());
  if (process.env.ACTUAL) theirs.push(await measureActual());
}
const VISITS = ["first_usable_ms", "first_bytes", "with_everything_for_offline_bytes", "offline_list_usable_ms"];
const medians = (runs) => Object.fromEntries(VISITS.map((name) => [name, quantile(runs.map((run) => run[name]), 0.5)]));
const saves = (what) => ours.flatMap((run) => run.saves.map((save) => save[what]));
console.log(
  JSON.stringify({
    runs: RUNS,
    slower: SLOWER,
    stories_on_phone: ours[0].stories_on_phone,
    solsken: medians(ours),
    save_durable_p50_ms: quantile(saves("durable"), 0.5),
    save_durable_p95_ms: quantile(saves("durable"), 0.95),
    save_shown_p50_ms: quantile(saves("shown"), 0.5),
    save_shown_p95_ms: quantile(saves("shown"), 0.95),
    actual: theirs.length > 0 ? medians(theirs) : null,
  }),
);
