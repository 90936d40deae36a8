// The real app with its release server.

import { execFileSync } from "node:child_process";

import { BINARY, Solsken } from "../../solsken.js";
import { quiet } from "../visit.js";
import { counted, withVisitor } from "./visit.js";

export class Ours {
  name = "Solsken";

  static async start(stories) {
    const ours = new Ours();
    ours.solsken = await Solsken.start({ demo: false });
    execFileSync(BINARY, ["import", stories, "--data", ours.solsken.data]);
    return ours;
  }

  /** From the moment the phone begins to sync until the library is whole on its disk. */
  pull(stories, { rate }) {
    return withVisitor(this.solsken.port, async ({ page, link, slower }) => {
      const { link: invite } = this.solsken.invite("member");
      await fillIn(page, link, invite);
      await slower(rate);
      const took = await counted(link, () => page.evaluate(joined));
      const searchable = await page.evaluate(indexed);
      const held = await page.evaluate(library);
      if (!held.complete || held.stories !== stories) throw new Error(`held after the first sync: ${JSON.stringify(held)}`);
      return { ...took, searchable_s: searchable / 1_000, ...(await page.evaluate(() => window.longest())) };
    });
  }

  /** From the button until the phone has a receipt for everything that was told without a network. */
  async push(stories, { rate }) {
    const solsken = await Solsken.start({ demo: false });
    try {
      return await withVisitor(solsken.port, async ({ page, link, slower }) => {
        await fillIn(page, link, solsken.invite("member").link);
        await page.evaluate(joined);
        await link.goAway();
        await page.evaluate(toldOffline, stories);
        link.comeBack();
        await slower(rate);
        const took = await counted(link, () => page.evaluate(sent));
        const held = solsken.exported().trim().split("\n").length;
        if (held !== stories.length) throw new Error(`Solsken pushed ${held} of ${stories.length}`);
        return { ...took, ...(await page.evaluate(() => window.longest())) };
      });
    } finally {
      await solsken.end();
    }
  }

  end() {
    return this.solsken.end();
  }
}

/** The form that joins, filled in, with everything else loaded that a first visit loads. */
async function fillIn(page, link, invite) {
  await page.addInitScript(listenToEngine);
  const { pathname, hash } = new URL(invite);
  await page.goto(new URL(pathname + hash, link.url).href);
  await page.waitForFunction(() => navigator.serviceWorker.ready.then(() => true));
  await page.locator("html[data-ready]").waitFor({ state: "attached" });
  await page.locator("[name=name]").fill("Elin W.");
  await page.locator("[name=site]").fill("Borås");
  await page.locator("[name=department]").fill("Färg");
  await quiet(link, 500);
}

/** Runs before the page: keeps what the engine says, and when. */
function listenToEngine() {
  const heard = [];
  const waiting = new Set();
  const long = [];
  window.Worker = class extends Worker {
    constructor(...how) {
      super(...how);
      window.engine = this;
      this.addEventListener("message", ({ data }) => {
        const said = { at: performance.now(), ...JSON.parse(data) };
        heard.push(said);
        for (const wait of waiting) wait(said);
      });
    }
  };
  /** The first thing said from now on for which `is` holds. */
  window.hears = (is) =>
    new Promise((resolve) => {
      const wait = (said) => {
        if (!is(said)) return;
        waiting.delete(wait);
        resolve(said);
      };
      waiting.add(wait);
    });
  let number = 1_000_000;
  window.call = async (message) => {
    const mine = number++;
    const answered = hears(({ answer }) => answer?.number === mine);
    engine.postMessage(JSON.stringify({ number: mine, person: null, call: message }));
    return JSON.parse((await answered).answer.message);
  };
  new PerformanceObserver((list) => long.push(...list.getEntries())).observe({ type: "longtask", buffered: true });
  /** The page's longest task since `from`, in milliseconds; tasks below 50 ms are not noted. */
  window.longest = () => {
    const tasks = long.filter(({ startTime }) => startTime >= window.from).map(({ duration }) => duration);
    return { longest_task_ms: Math.max(0, ...tasks), long_tasks: tasks.length };
  };
}

async function joined() {
  const begun = hears(({ news }) => news?.syncing === true);
  document.querySelector("form.form button[data-wide]").click();
  const { at: from } = await begun;
  window.from = from;
  const { at } = await hears(({ news }) => news?.syncing === false);
  return at - from;
}

/** Milliseconds from the beginning of the sync until search has everything. */
async function indexed() {
  const has = () =>
    new Promise((resolve) => {
      const open = indexedDB.open("solsken");
      open.onsuccess = () => {
        const key = open.result.transaction("snapshots").objectStore("snapshots").getKey("index");
        key.onsuccess = () => {
          open.result.close();
          resolve(key.result !== undefined);
        };
      };
    });
  while (!(await has())) await new Promise((resolve) => setTimeout(resolve, 100));
  return performance.now() - window.from;
}

/** How far the library on this phone has come. */
function library() {
  return new Promise((resolve) => {
    const open = indexedDB.open("solsken");
    open.onsuccess = () => {
      const row = open.result.transaction("library").objectStore("library").get("row");
      row.onsuccess = () => {
        open.result.close();
        resolve(JSON.parse(row.result));
      };
    };
  });
}

async function toldOffline(stories) {
  const begun = Date.now();
  for (const { id, kind, tags, occurred_on, language, ...rest } of stories) {
    const PARTS = ["title", "situation", "action", "outcome", "lesson", "quote"];
    const texts = Object.fromEntries(PARTS.filter((part) => rest[part]).map((part) => [part, rest[part]]));
    const draft = { id, kind, texts, tags, occurred_on, language, begun_at: begun, saved_at: begun };
    const told = await call({ tell: draft });
    if (!told.Ok) throw new Error(`a story was not told: ${JSON.stringify(told)}`);
  }
}

async function sent() {
  const from = (window.from = performance.now());
  const all = hears(({ news }) => news?.queue?.unsent === 0);
  call("sync");
  return (await all).at - from;
}
