// Chromium is killed with SIGKILL `KILLS` times while somebody tells and the phone syncs, and opened again on the same
// profile: every story that the screen called safe is there once, and every draft that it called kept.

import { Phone } from "../phone.js";
import { Solsken } from "../solsken.js";
import { between, pause, report } from "./report.js";

const KILLS = Number(process.env.KILLS ?? 50);
const COOKIE_MS = 35_000;

const solsken = await Solsken.start({ demo: false });
const phone = new Phone(solsken);
await phone.open("/");
await phone.join();
await phone.canDoWithoutNetwork();
// Chromium writes cookies to its disk every half minute: who is killed before has to join again.
await pause(COOKIE_MS);
/** Texts that the screen called safe, and the one draft that it last called kept. */
const safe = [];
/** Drafts that were not there again. */
const lost = [];

async function tellUntilKilled(kill) {
  const { page } = phone;
  for (let n = 0; ; n++) {
    const text = `Kväll ${kill}, berättelse ${n}: strömmen gick men kunden fick sitt.`;
    await page.goto(new URL("/beratta", solsken.url).href);
    await page.locator("#situation").fill(text);
    await page.locator(".saved-line", { hasText: "Utkast sparat" }).waitFor();
    phone.draft = text;
    await page.locator(".dock button").click();
    await page.locator(".thanks").waitFor();
    safe.push(text);
    phone.draft = null;
  }
}

/** The draft that was kept is offered, unless its story was told after all: between tap and word of it. */
async function draftIsThere(text) {
  await phone.goto("/beratta");
  // Lists show how it begins.
  const hasText = text.slice(0, text.indexOf(":"));
  const offered = phone.page.locator("section[aria-labelledby=drafts] li", { hasText });
  if (await offered.waitFor({ timeout: 10_000 }).then(() => true, () => false)) return true;
  await phone.goto("/jag");
  return phone.page.locator(".mine", { hasText }).waitFor({ timeout: 10_000 }).then(() => true, () => false);
}

for (let kill = 0; kill < KILLS; kill++) {
  const serverIsAway = kill % 3 === 1;
  if (serverIsAway) await solsken.stop();
  const telling = tellUntilKilled(kill).catch(() => {});
  await pause(between(100, 2_500));
  const draft = phone.draft;
  await phone.kill();
  await telling;
  if (serverIsAway) await solsken.startAgain();
  await phone.open("/");
  if (draft && phone.draft === draft && !(await draftIsThere(draft))) lost.push(draft);
  phone.draft = null;
}
await phone.goto("/jag");
await phone.page.locator(".banner[data-tone=leaf]").waitFor({ timeout: 120_000 });
const told = await everyStory();
const missing = [...safe.filter((text) => !told.includes(text)), ...lost.filter((text) => !told.includes(text))];
for (const text of missing) console.log(`missing: ${text}`);
report("browser killed", {
  kills: KILLS,
  safe: safe.length,
  missing: missing.length,
  doubled: told.length - new Set(told).size,
  altered: told.filter((text) => !/^Kväll \d+, berättelse \d+: strömmen gick men kunden fick sitt\.$/.test(text)).length,
});
await phone.end();
await solsken.end();

/** The situations of all stories that the server holds. */
async function everyStory() {
  return solsken
    .exported()
    .trim()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line).situation);
}
