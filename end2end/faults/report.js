// What a fault left behind, in one line; anything lost, doubled or altered fails the run.

export function report(name, counts) {
  const bad = ["missing", "doubled", "altered"].filter((what) => counts[what] !== 0);
  console.log(`${name}: ${Object.entries(counts).map(([what, count]) => `${what} ${JSON.stringify(count)}`).join(", ")}`);
  if (bad.length > 0) {
    console.log(`${name}: FAILED`);
    process.exitCode = 1;
  }
}

/** Counts by name, of all clients together. */
export function together(maps) {
  const all = {};
  for (const map of maps) for (const [key, count] of map) all[key] = (all[key] ?? 0) + count;
  return all;
}

export const between = (low, high) => low + Math.random() * (high - low);
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
