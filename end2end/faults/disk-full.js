// The server's disk fills up while four clients push stories; then there is room again. The disk is a small tmpfs, which
// takes root or a user namespace: run by `cargo xtask faults`, which provides one.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Solsken } from "../solsken.js";
import { clients, compare } from "./client.js";
import { pause, report, together } from "./report.js";

const CLIENTS = 4;
const TIMES = 5;
const LEFT = 600_000;

const disk = mkdtempSync(join(tmpdir(), "solsken-disk-"));
execFileSync("mount", ["-t", "tmpfs", "-o", "size=48m", "tmpfs", disk]);
const solsken = await Solsken.start({ demo: false, data: join(disk, "data") });
const all = await clients(solsken, () => solsken.url, CLIENTS);
let over = false;
const working = all.map(async (client, number) => {
  for (let n = 0; !over; n++) {
    client.tell(`Telefon ${number + 1} berättar nummer ${n}: lagret var fullt, men hyllan fick plats ändå. ${"Mer. ".repeat(80)}`);
    if (client.unsent >= 5) await client.send(20, () => over);
  }
});
const refused = () => all.reduce((sum, client) => sum + [...client.failures.values()].reduce((a, b) => a + b, 0), 0);
const filler = join(disk, "filler");
for (let time = 0; time < TIMES; time++) {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - LEFT)));
  const before = refused();
  for (let waited = 0; refused() < before + 20; waited++) {
    if (waited > 600) throw new Error("the disk did not fill up");
    await pause(50);
  }
  rmSync(filler);
  await pause(300);
}
over = true;
await Promise.all(working);
await Promise.all(all.map((client) => client.send()));
const failures = together(all.map((client) => client.failures));
report("disk full", { times: TIMES, ...compare(solsken, all), failures });
await solsken.end();
execFileSync("umount", [disk]);
rmSync(disk, { recursive: true });
