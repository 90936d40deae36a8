// A phone: Chromium with a profile of its own that outlives its window.

import { chromium, devices, test as base } from "@playwright/test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Solsken } from "./solsken.js";

const BROWSER = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/google-chrome"].find(existsSync);
export const LAUNCH = {
  executablePath: BROWSER,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

export class Phone {
  /** Everything the page complained about. */
  complaints = [];

  constructor(solsken, how) {
    this.solsken = solsken;
    this.profile = mkdtempSync(join(tmpdir(), "phone-"));
    this.how = { ...devices["Pixel 7"], locale: "sv-SE", ...how };
  }

  async open(path) {
    const { args = [], ...how } = this.how;
    const launch = { ...LAUNCH, args: [...LAUNCH.args, ...args] };
    this.context = await chromium.launchPersistentContext(this.profile, { ...launch, ...how });
    this.page = this.context.pages()[0];
    this.page.on("pageerror", (error) => this.complaints.push(String(error)));
    await this.goto(path);
    return this.page;
  }

  /** Goes to an address, or to a whole link, and waits until the app answers. */
  async goto(path = "/") {
    await this.page.goto(new URL(path, this.solsken.url).href);
    await this.isReady();
  }

  async reload() {
    await this.page.reload();
    await this.isReady();
  }

  async isReady() {
    await this.page.locator("html[data-ready]").waitFor({ state: "attached" });
  }

  async close() {
    await this.context?.close();
    this.context = undefined;
  }

  /** The browser is gone between two instructions; its profile stays. */
  async kill() {
    const gone = new Promise((resolve) => this.context.once("close", resolve));
    process.kill(browserOf(this.profile), "SIGKILL");
    await gone;
    this.context = undefined;
  }

  async end() {
    await this.close();
    // A killed browser's children may still be writing.
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  /** Opens a link and says who one is. */
  async join({ role = "member", name = "Elin W.", site = "Borås", department = "Färg" } = {}) {
    await this.goto(this.solsken.links[role]);
    await this.page.locator("[name=name]").fill(name);
    await this.page.locator("[name=site]").fill(site);
    await this.page.locator("[name=department]").fill(department);
    await this.page.locator("form.form button[data-wide]").click();
    await this.page.locator(".tab-bar").waitFor();
  }

  /** The service worker has kept the app, and the library has come. */
  async canDoWithoutNetwork() {
    await this.page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      const kept = async () => (await caches.keys()).some((name) => name.startsWith("solsken-"));
      while (!(await kept())) await new Promise((resolve) => setTimeout(resolve, 50));
    });
    // Green is said after a whole round with the server: what there is has been sent and fetched.
    await this.goto("/jag");
    await this.page.locator(".banner[data-tone=leaf]").waitFor();
    await this.goto("/bibliotek");
  }

  /** Fills in the prompts and saves. */
  async tell({ happened, did, went }) {
    await this.goto("/beratta");
    const parts = this.page.locator("textarea");
    await parts.nth(0).fill(happened);
    await parts.nth(1).fill(did ?? "");
    await parts.nth(2).fill(went ?? "");
    await this.page.locator(".dock button").click();
    await this.page.waitForURL(/klar/);
  }

  async search(words) {
    await this.goto(`/bibliotek?q=${encodeURIComponent(words)}`);
  }
}

/** The browser's own process, not one of its children. */
function browserOf(profile) {
  const isOurs = (id) => {
    try {
      const words = readFileSync(`/proc/${id}/cmdline`, "utf8").split("\0");
      return words.includes(`--user-data-dir=${profile}`) && !words.some((word) => word.startsWith("--type="));
    } catch {
      return false; // It has ended meanwhile.
    }
  };
  return Number(readdirSync("/proc").find((id) => /^\d+$/.test(id) && isOurs(id)));
}

/** Tests with a server of their own, and as many phones as they like. */
export const test = base.extend({
  demo: [true, { option: true }],
  solsken: async ({ demo }, use) => {
    const solsken = await Solsken.start({ demo });
    await use(solsken);
    await solsken.end();
  },
  phones: async ({ solsken }, use) => {
    const phones = [];
    const make = (how, at = solsken) => {
      phones.push(new Phone(at, how));
      return phones.at(-1);
    };
    await use(make);
    const complaints = phones.flatMap((phone) => phone.complaints);
    await Promise.all(phones.map((phone) => phone.end()));
    if (complaints.length > 0) throw new Error(`a page complained:\n${complaints.join("\n")}`);
  },
  phone: async ({ phones }, use) => {
    const phone = phones();
    await phone.open();
    await use(phone);
  },
});

export { expect } from "@playwright/test";
