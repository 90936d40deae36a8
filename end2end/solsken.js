// The real server, on a store of its own in a temporary folder.

import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const BINARY = process.env.SOLSKEN ?? new URL("../target/release/solsken", import.meta.url).pathname;
const PATIENCE_MS = 20_000;

/** A port that is free now. */
export async function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

export class Solsken {
  /** Invite links by role, as the server prints them. */
  links = {};
  #process;
  #said = "";
  #snapshots = [];

  /** @param {{ demo?: boolean, data?: string }} how with the sample library, or empty; in a folder of its own */
  static async start({ demo = true, data = mkdtempSync(join(tmpdir(), "solsken-")) } = {}) {
    const solsken = new Solsken();
    solsken.data = data;
    solsken.port = await freePort();
    solsken.url = `http://127.0.0.1:${solsken.port}`;
    await solsken.#serve(demo ? ["--demo"] : []);
    for (const [, role, link] of solsken.#said.matchAll(/^\s*(member|curator|admin)\s+(\S+)/gm)) {
      solsken.links[role] = link;
    }
    if (!demo) {
      solsken.links.member = solsken.invite("member", 20).link;
    }
    return solsken;
  }

  /** A new invite: its link, and the code to type. */
  invite(role, uses = 1) {
    const how = ["invite", "--data", this.data, "--url", this.url, "--role", role, "--uses", uses];
    const said = execFileSync(BINARY, how, { encoding: "utf8" });
    return { link: said.match(/https?:\S+/)[0], code: said.match(/type the code (\S+)/)[1] };
  }

  /** Every story, in the exchange format. */
  exported() {
    return execFileSync(BINARY, ["export", "--data", this.data], { encoding: "utf8", maxBuffer: 1 << 30 });
  }

  /** Puts the whole library away, while the server runs. */
  backup() {
    const file = join(this.data, `${Date.now()}.backup`);
    execFileSync(BINARY, ["backup", file, "--data", this.data]);
    return file;
  }

  /** Takes a backup back; the server is stopped for it, as one would. */
  async restore(file) {
    await this.stop();
    execFileSync(BINARY, ["restore", file, "--data", this.data]);
    await this.startAgain();
  }

  /** All that lies on the machine, as a snapshot of it would keep it; the server is stopped for that moment. */
  async snapshot() {
    const folder = mkdtempSync(join(tmpdir(), "solsken-snapshot-"));
    await this.stop();
    cpSync(this.data, folder, { recursive: true });
    await this.startAgain();
    this.#snapshots.push(folder);
    return folder;
  }

  /** The machine is as it was then, and knows nothing of what came since. */
  async putBack(snapshot) {
    await this.stop();
    rmSync(this.data, { recursive: true });
    cpSync(snapshot, this.data, { recursive: true });
    await this.startAgain();
  }

  async #serve(more) {
    const listen = `127.0.0.1:${this.port}`;
    this.#process = spawn(BINARY, ["serve", "--data", this.data, "--listen", listen, ...more]);
    this.#process.stdout.on("data", (bytes) => (this.#said += bytes));
    this.#process.stderr.on("data", (bytes) => (this.#said += bytes));
    const until = Date.now() + PATIENCE_MS;
    while (Date.now() < until) {
      const answer = await fetch(`${this.url}/healthz`).catch(() => null);
      if (answer?.ok) return;
      if (!this.#runs()) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the server did not start:\n${this.#said}`);
  }

  get pid() {
    return this.#process.pid;
  }

  #runs() {
    return this.#process && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** The server is gone; its store stays. */
  async stop() {
    if (!this.#runs()) return;
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGKILL");
    await gone;
  }

  /** The same server on the same store and port. */
  async startAgain(flags = []) {
    await this.#serve(flags);
  }

  async end() {
    await this.stop();
    for (const folder of [this.data, ...this.#snapshots]) rmSync(folder, { recursive: true, force: true });
  }
}
