// What a keystroke costs: the phone's search as wasm beside MiniSearch, in the same page on the same stories.
//
// Each round begins with a fresh profile. Both build their index and leave it in IndexedDB; the page is loaded anew,
// both load what they left, and every query is typed letter by letter. They take turns at being first. Both run in the
// page's own thread, since that is what Chromium slows; ours runs in a worker otherwise.
//
// Prints JSON: medians over `RUNS` rounds. `GLUE` names the folder with our wasm, `PEERS` the one with MiniSearch,
// `STORIES` a folder with `stories-N.jsonl` for each of `SIZES`, `QUERIES` a file of queries, `ONLY` who takes part.

import { chromium } from "@playwright/test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";

import { LAUNCH } from "../phone.js";
import { serve } from "./search/serve.js";

const RUNS = Number(process.env.RUNS ?? 3);
const SIZES = (process.env.SIZES ?? "10000,50000").split(",").map(Number);
const RATES = (process.env.RATES ?? "1,4").split(",").map(Number);
const NAMES = ["Solsken", "MiniSearch"].filter((name) => !process.env.ONLY || process.env.ONLY === name);
const queries = readFileSync(process.env.QUERIES, "utf8").trim().split("\n").map((line) => JSON.parse(line).q);

const server = await serve();
const measured = new Map();
const loads = [];
try {
  for (const stories of SIZES)
    for (const slower of RATES)
      for (let run = 0; run < RUNS; run++) {
        loads.push(loadavg()[0]);
        for (const [who, took] of await visit(stories, slower, run % 2 ? NAMES.toReversed() : NAMES)) {
          const key = JSON.stringify({ stories, slower, who });
          measured.set(key, [...(measured.get(key) ?? []), took]);
          console.error(key, JSON.stringify(took));
        }
      }
} finally {
  server.close();
}

/** What each of `names` took, in a browser of its own. */
async function visit(stories, slower, names) {
  const profile = mkdtempSync(join(tmpdir(), "bench-search-"));
  const context = await chromium.launchPersistentContext(profile, { ...LAUNCH, headless: true });
  try {
    const page = context.pages()[0];
    page.setDefaultTimeout(0);
    page.on("pageerror", (error) => console.error(`the page complained: ${error.message}`));
    const devtools = await context.newCDPSession(page);
    const slowly = async (work) => {
      await devtools.send("Emulation.setCPUThrottlingRate", { rate: slower });
      const result = await work();
      await devtools.send("Emulation.setCPUThrottlingRate", { rate: 1 });
      return result;
    };
    const heap = async (who) => {
      await devtools.send("HeapProfiler.collectGarbage");
      await devtools.send("HeapProfiler.collectGarbage");
      const { usedSize } = await devtools.send("Runtime.getHeapUsage");
      return usedSize + (await page.evaluate((who) => outside(who), who));
    };
    const took = new Map(names.map((who) => [who, {}]));
    const url = `http://127.0.0.1:${server.address().port}/`;
    await page.goto(url);
    await page.evaluate((stories) => fetched(stories), stories);
    for (const who of names) {
      const before = await heap(who);
      Object.assign(took.get(who), await slowly(() => page.evaluate((who) => built(who), who)));
      took.get(who).heap_bytes = (await heap(who)) - before;
      took.get(who).stored_bytes = await page.evaluate((who) => stored(who), who);
    }
    await page.goto(url);
    for (const who of names) {
      const before = await heap(who);
      Object.assign(took.get(who), await slowly(() => page.evaluate((who) => loaded(who), who)));
      took.get(who).heap_loaded_bytes = (await heap(who)) - before;
    }
    for (const who of names) {
      const typed = await slowly(() => page.evaluate(([who, queries]) => typed(who, queries), [who, queries]));
      Object.assign(took.get(who), quantiles(typed));
    }
    return took;
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

function quantiles({ times, slowest }) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { keystrokes: times.length, key_p50_ms: at(0.5), key_p95_ms: at(0.95), key_max_ms: sorted.at(-1), slowest };
}

function median(values) {
  if (typeof values[0] === "string") return values[0];
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

const results = [...measured].map(([key, runs]) => ({
  ...JSON.parse(key),
  ...Object.fromEntries(Object.keys(runs[0]).map((what) => [what, median(runs.map((run) => run[what]))])),
}));
console.log(JSON.stringify({ runs: RUNS, loads, results }, null, 1));
