// WebKit as Debian packages it: MiniBrowser and its WebDriver, on a screen that nobody sees.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { freePort } from "../solsken.js";
import { Driver, until } from "./driver.js";

const DRIVER = process.env.WEBKIT_DRIVER ?? "/usr/bin/WebKitWebDriver";
const BROWSER = process.env.WEBKIT ?? "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";
/** How WebDriver says that a value is an element. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
/** A page that is not there by then never comes; unless told otherwise, the driver waits five minutes. */
const PAGE_LOAD_MS = 60_000;
/** So a driver that has said nothing by then has died. */
const ANSWER_MS = 90_000;

export class WebKit extends Driver {
  #driver;

  async open() {
    const screen = await this.#openScreen();
    const port = await freePort();
    this.#start(DRIVER, [`--port=${port}`], {
      ...process.env,
      DISPLAY: screen,
      GDK_BACKEND: "x11",
      // The machine need not know Swedish: this browser asks for no language at all, so Solsken speaks its own.
      LC_ALL: "C.UTF-8",
      // No desktop is looked for, and nothing of one test is left for the next.
      DBUS_SESSION_BUS_ADDRESS: "disabled:",
      NO_AT_BRIDGE: "1",
      HOME: this.home,
      XDG_RUNTIME_DIR: this.home,
    });
    this.#driver = `http://127.0.0.1:${port}`;
    await until("the driver answers", () => this.#ask("GET", "/status"));
    const alwaysMatch = {
      "webkitgtk:browserOptions": { binary: BROWSER, args: ["--automation"] },
      timeouts: { pageLoad: PAGE_LOAD_MS },
    };
    const { sessionId } = await this.#post("/session", { capabilities: { alwaysMatch } });
    this.#driver += `/session/${sessionId}`;
  }

  /**
   * Opens another window and closes the one before. A MiniBrowser that is driven keeps everything in memory: closing
   * it would be a new phone.
   */
  async reopen() {
    const { handle } = await this.#post("/window/new", { type: "window" });
    await this.#ask("DELETE", "/window");
    await this.#post("/window", { handle });
  }

  async visit(url) {
    await this.#post("/url", { url });
  }

  async reload() {
    await this.#post("/refresh");
  }

  async type(selector, text) {
    await this.#post(`/element/${await this.#element(selector)}/value`, { text });
  }

  async press(selector) {
    await this.#post(`/element/${await this.#element(selector)}/click`);
  }

  async run(look, ...args) {
    return this.#post("/execute/sync", { script: `return (${look})(...arguments);`, args });
  }

  async picture() {
    return Buffer.from(await this.#ask("GET", "/screenshot"), "base64");
  }

  async #element(selector) {
    const found = await this.#post("/element", { using: "css selector", value: selector });
    return found[ELEMENT];
  }

  #post(path, body = {}) {
    return this.#ask("POST", path, JSON.stringify(body));
  }

  async #ask(method, path, body) {
    const answer = await fetch(this.#driver + path, { method, body, signal: AbortSignal.timeout(ANSWER_MS) });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  }

  /** Xvfb takes a number that is free, and says which. */
  async #openScreen() {
    const { stdout } = this.#start("Xvfb", ["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]);
    const [number] = await once(createInterface(stdout), "line");
    return `:${number}`;
  }

  #start(program, args, env = process.env) {
    const started = spawn(program, args, { env, detached: true, stdio: ["ignore", "pipe", "ignore"] });
    started.stdout.resume();
    this.processes.push(started);
    return started;
  }
}
