// A person at a browser: goes to addresses, reads, types and clicks. What they do waits until it can be done.
//
// A driver adds how its browser does it: `open`, `reopen`, `visit`, `reload`, `type`, `press`, `run` (a function in
// the page) and `picture` (PNG).

import { expect } from "@playwright/test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PATIENCE_MS = 30_000;

/** Looks again until `look` no longer throws. */
export async function until(what, look, timeout = PATIENCE_MS) {
  await expect(look, what).toPass({ timeout, intervals: [50] });
}

export class Driver {
  /** Everything that the browser writes lies here, and goes with it. */
  home = mkdtempSync(join(tmpdir(), "browser-"));
  /** Each leads a group of its own, so that what it has started can be ended with it. */
  processes = [];
  /** Everything the page complained about, in browsers that pass it on. */
  complaints = [];

  /** Goes to an address and waits until the app answers. */
  async goto(url) {
    await this.visit(url);
    await this.see("html[data-ready]");
  }

  async reloads() {
    await this.reload();
    await this.see("html[data-ready]");
  }

  async back() {
    await this.run(() => history.back());
  }

  /** Waits until something of this kind can be seen, with this text in it. */
  async see(selector, text = "", patience = PATIENCE_MS) {
    const look = async () =>
      expect(await this.run(textsInSight, selector)).toContainEqual(expect.stringContaining(text));
    await until(`${selector} “${text}”`, look, patience);
  }

  /** Waits until a field holds this text. */
  async sees(selector, text) {
    const look = async () => expect(await this.run((selector) => document.querySelector(selector)?.value, selector)).toBe(text);
    await until(`${selector} holds “${text}”`, look);
  }

  /** Waits until a function in the page answers this. */
  async finds(ask, answer) {
    await until(String(ask), async () => expect(await this.run(ask)).toEqual(answer));
  }

  async fill(selector, text) {
    await this.see(selector);
    await this.type(selector, text);
  }

  async click(selector) {
    await this.see(selector);
    await this.press(selector);
  }

  /** The address that a link leads to. */
  async href(selector) {
    await this.see(selector);
    return this.run((selector) => document.querySelector(selector).href, selector);
  }

  /** What is on the screen, for whoever wonders why a test failed; a browser that never opened shows nothing. */
  async leavePicture(path) {
    const picture = await this.picture().catch(() => null);
    if (picture) writeFileSync(path, picture);
  }

  async end() {
    await Promise.all(this.processes.map(endGroup));
    rmSync(this.home, { recursive: true, force: true, maxRetries: 10 });
  }
}

function textsInSight(selector) {
  const found = [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
  return found.map((element) => element.textContent);
}

async function endGroup(leader) {
  const ended = leader.exitCode !== null || leader.signalCode !== null;
  const exit = ended || new Promise((resolve) => leader.once("exit", resolve));
  try {
    process.kill(-leader.pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
  await exit;
}
