// Every receipt comes after the disk has been told to write: counted in the server's system calls (strace).

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Solsken } from "../solsken.js";
import { clients, compare } from "./client.js";
import { pause, report } from "./report.js";

const STORIES = 50;

const solsken = await Solsken.start({ demo: false });
const [client] = await clients(solsken, () => solsken.url, 1);
const folder = mkdtempSync(join(tmpdir(), "solsken-fsync-"));
const log = join(folder, "calls");
const strace = spawn("strace", ["-f", "-p", String(solsken.pid), "-e", "trace=fsync,fdatasync", "-o", log], { stdio: "pipe" });
const gone = new Promise((resolve, reject) => strace.once("exit", resolve).once("error", reject));
await new Promise((resolve, reject) => strace.stderr.once("data", resolve).once("close", () => reject(new Error("strace did not attach"))));
await pause(200);
const synced = () => readFileSync(log, "utf8").match(/(fsync|fdatasync)\(\d+\)?/g)?.length ?? 0;
let tooEarly = 0;
for (let n = 0; n < STORIES; n++) {
  client.tell(`Berättelse ${n}, som ligger på disken innan någon säger det.`);
  const before = synced();
  await client.send();
  if (synced() <= before) tooEarly++;
}
execFileSync("kill", [String(strace.pid)]);
await gone;
const { missing, ...counts } = compare(solsken, [client]);
report("fsync", { ...counts, syncs: synced(), missing: missing + tooEarly });
rmSync(folder, { recursive: true });
await solsken.end();
