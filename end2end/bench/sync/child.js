// A peer's server in a process of its own, with a folder of its own.

import { fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class Child {
  #process;

  static async start(script) {
    const child = new Child();
    child.data = mkdtempSync(join(tmpdir(), "bench-peer-"));
    child.#process = fork(script, { env: { ...process.env, DATA: child.data, NODE_ENV: "production" } });
    child.port = await child.#said();
    return child;
  }

  async ask(question) {
    const said = this.#said();
    this.#process.send(question);
    return said;
  }

  #said() {
    return new Promise((resolve, reject) => {
      const gone = () => reject(new Error("a peer's server has ended"));
      this.#process.once("exit", gone);
      this.#process.once("message", (message) => {
        this.#process.off("exit", gone);
        resolve(message);
      });
    });
  }

  async end() {
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill();
    await gone;
    rmSync(this.data, { recursive: true, force: true });
  }
}

/** The child's side: serves, says on which port, and answers `{ fill: name, … }` by `answers.fill(name, …)`. */
export function answer(handler, answers) {
  process.on("message", async (question) => {
    const what = Object.keys(question)[0];
    process.send(await answers[what](question[what], question));
  });
  const server = http.createServer(handler).listen(0, "127.0.0.1", () => process.send(server.address().port));
}

export function readStories(file) {
  return readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line));
}
