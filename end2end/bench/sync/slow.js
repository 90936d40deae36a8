// A slower processor, the same for all: everything that runs in a page's process (its own thread and its workers) gets
// one millisecond in `rate`. Chromium's own slowdown (`Emulation.setCPUThrottlingRate`) holds up the page's thread only,
// and our engine works in a worker.
//
// The process is stopped and let go on by signals, every few milliseconds.

import { readFileSync, readdirSync } from "node:fs";
import { Worker, isMainThread, workerData } from "node:worker_threads";

const SLICE_MS = 1.5;

/** Slows the pages of a browser with this profile until `end()` is called. */
export async function slow(profile, rate) {
  if (rate === 1) return { end: async () => {} };
  const ending = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL(import.meta.url), { workerData: { pids: renderers(profile), rate, ending } });
  const ended = new Promise((resolve, reject) => worker.once("exit", resolve).once("error", reject));
  return {
    end: () => {
      Atomics.store(ending, 0, 1);
      Atomics.notify(ending, 0);
      return ended;
    },
  };
}

function renderers(profile) {
  const processes = readdirSync("/proc").filter((id) => /^\d+$/.test(id)).map(processOf).filter(Boolean);
  const browser = processes.find(({ words }) => words.includes(`--user-data-dir=${profile}`) && !words.some(isType));
  const ours = new Set([browser.id]);
  for (let before = 0; before !== ours.size; ) {
    before = ours.size;
    for (const { id, parent } of processes) if (ours.has(parent)) ours.add(id);
  }
  return processes.filter(({ id, words }) => ours.has(id) && words.includes("--type=renderer")).map(({ id }) => id);
}

const isType = (word) => word.startsWith("--type=");

function processOf(id) {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, "utf8");
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    return { id: Number(id), parent, words: readFileSync(`/proc/${id}/cmdline`, "utf8").split(/[\0 ]/) };
  } catch {
    return null; // It has ended meanwhile.
  }
}

function holdUp({ pids, rate, ending }) {
  const signal = (name) => pids.forEach((pid) => process.kill(pid, name));
  let owed = 0;
  try {
    while (Atomics.load(ending, 0) === 0) {
      const start = performance.now();
      Atomics.wait(ending, 0, 0, SLICE_MS);
      signal("SIGSTOP");
      const stop = performance.now();
      owed += (stop - start) * (rate - 1);
      if (owed > 0) Atomics.wait(ending, 0, 0, owed);
      signal("SIGCONT");
      owed -= performance.now() - stop;
    }
  } catch (error) {
    if (error.code !== "ESRCH") throw error; // The browser has been closed.
  }
}

if (!isMainThread && workerData?.ending) holdUp(workerData);
