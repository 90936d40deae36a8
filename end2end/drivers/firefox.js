// Firefox as Debian packages it, through WebDriver BiDi. Playwright drives only a Firefox of its own making.

import puppeteer from "puppeteer-core";

import { Driver } from "./driver.js";

const BROWSER = process.env.FIREFOX ?? "/usr/bin/firefox-esr";

export class Firefox extends Driver {
  #browser;
  #page;

  async open() {
    this.#browser = await puppeteer.launch({
      browser: "firefox",
      executablePath: BROWSER,
      userDataDir: this.home,
      defaultViewport: { width: 412, height: 839 },
      extraPrefsFirefox: { "intl.accept_languages": "sv-SE" },
    });
    this.processes.push(this.#browser.process());
    [this.#page] = await this.#browser.pages();
    this.#page.on("pageerror", (error) => this.complaints.push(String(error)));
  }

  /** Closes the browser, and opens it again on the same profile. */
  async reopen() {
    await this.#browser.close();
    await this.open();
  }

  /**
   * The page goes by itself, and is no longer ready: puppeteer's own `goto` never returns once the browser has brought
   * back a page that was laid aside.
   */
  async visit(url) {
    await this.#page.evaluate((url) => {
      document.documentElement?.removeAttribute("data-ready");
      location.assign(url);
    }, url);
  }

  async reload() {
    await this.#page.reload();
  }

  async type(selector, text) {
    await this.#page.type(selector, text);
  }

  async press(selector) {
    await this.#page.click(selector);
  }

  async run(look, ...args) {
    return this.#page.evaluate(look, ...args);
  }

  async picture() {
    return Buffer.from(await this.#page.screenshot());
  }
}
