// A visit as a weak phone makes it, the same for us and for a peer.

import { chromium } from "@playwright/test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { LAUNCH } from "../phone.js";
import { Link } from "./link.js";

/** How many times slower the page's own thread is made. */
export const SLOWER = 4;
const SCREEN = { viewport: { width: 412, height: 823 }, deviceScaleFactor: 1.75, isMobile: true, hasTouch: true };

/** Calls `visit(context, link)` with a fresh profile behind a weak link to `port`. */
export async function withPhone(port, visit) {
  const profile = mkdtempSync(join(tmpdir(), "startup-"));
  const link = await Link.to(port);
  const context = await chromium.launchPersistentContext(profile, { ...LAUNCH, ...SCREEN, locale: "sv-SE" });
  try {
    return await visit(context, link);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
    await link.cut();
  }
}

export async function slowPage(context) {
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  return page;
}

/** When the first visible, enabled element of a selector was there, in milliseconds from the start of the navigation. */
export async function usable(page, selector) {
  for (;;) {
    try {
      return await page.evaluate(untilUsable, selector);
    } catch (error) {
      // The page went on to another one while it was watched.
      if (!/context was destroyed|navigat/i.test(error.message)) throw error;
    }
  }
}

async function untilUsable(selector) {
  for (;;) {
    const there = [...document.querySelectorAll(selector)].some((element) => {
      const { width, height } = element.getBoundingClientRect();
      return width > 0 && height > 0 && !element.disabled && getComputedStyle(element).visibility !== "hidden";
    });
    if (there) return performance.now();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits until nothing has come over the link for `ms`. */
export async function quiet(link, ms = 1_500) {
  for (let before = -1; before !== link.down; ) {
    before = link.down;
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}
