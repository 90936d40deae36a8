// The first sync of a whole library and the push of what was told without a network: Solsken's app and release server
// beside PouchDB and RxDB with theirs, in the same Chromium, with fresh profiles on the disk, taking turns.
//
// Prints JSON: medians over `RUNS` rounds. `SOLSKEN` names the server's binary, `STORIES` a file of stories, `PEERS` the
// folder with the peers' packages. `RATES` says how many times slower a page's process is made, `ONLY` who takes part.

import { loadavg } from "node:os";

import { calibrate } from "./sync/calibrate.js";
import { readStories } from "./sync/child.js";
import { PouchDb } from "./sync/pouchdb.js";
import { RxDb } from "./sync/rxdb.js";
import { Ours } from "./sync/solsken.js";

const RUNS = Number(process.env.RUNS ?? 3);
const RATES = (process.env.RATES ?? "1,4").split(",").map(Number);
const TOLD = Number(process.env.TOLD ?? 1_000);
const WAYS = (process.env.WAYS ?? "pull,push").split(",");
const ONLY = process.env.ONLY?.split(",");
const STORIES = process.env.STORIES;

const stories = readStories(STORIES);
const told = stories.slice(0, TOLD).map(({ id, ...rest }) => ({ id: id.replace(/^......../, "019fffff"), ...rest }));
const CONTESTANTS = [
  [Ours, { pull: [0], push: [0] }],
  [PouchDb, { pull: [500, 1_000], push: [100, 1_000] }],
  [RxDb, { pull: [500, 1_000], push: [100, 1_000] }],
].filter(([{ name }]) => !ONLY || ONLY.includes(name));

const contestants = [];
for (const [kind, batches] of CONTESTANTS) contestants.push({ peer: await kind.start(STORIES), batches });
const taken = new Map();
const slowed = [];
const loads = [];
try {
  for (let run = 0; run < RUNS; run++) {
    const { peer } = contestants.at(-1);
    for (const rate of RATES) if (rate > 1 && peer instanceof RxDb) slowed.push(await calibrate(peer.server.port, rate));
    loads.push(loadavg()[0]);
    for (const rate of RATES)
      for (const way of WAYS)
        for (const { peer, batches } of contestants)
          for (const batch of batches[way]) {
            const took = await peer[way](way === "pull" ? stories.length : told, { rate, batch });
            const key = JSON.stringify({ way, slower: rate, who: peer.name, batch });
            taken.set(key, [...(taken.get(key) ?? []), took]);
            console.error(key, JSON.stringify(took));
          }
  }
} finally {
  for (const { peer } of contestants) await peer.end();
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

const results = [...taken].map(([key, runs]) => ({
  ...JSON.parse(key),
  ...Object.fromEntries(Object.keys(runs[0]).map((what) => [what, median(runs.map((run) => run[what]))])),
}));
console.log(JSON.stringify({ runs: RUNS, stories: stories.length, told: told.length, loads, slowed, results }, null, 1));
