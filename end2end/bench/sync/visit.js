// A visit with a fresh profile on the disk, behind a proxy that counts.

import { chromium } from "@playwright/test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { LAUNCH } from "../../phone.js";
import { Link } from "../link.js";
import { slow } from "./slow.js";

/** Calls `visit({ context, page, link, slower })`; `slower(rate)` slows the page's process from then on. */
export async function withVisitor(port, visit) {
  const profile = mkdtempSync(join(tmpdir(), "bench-sync-"));
  const link = await Link.to(port);
  link.weak = false;
  const context = await chromium.launchPersistentContext(profile, { ...LAUNCH, headless: true, locale: "sv-SE" });
  let slowed;
  try {
    const page = context.pages()[0];
    page.setDefaultTimeout(0);
    page.on("pageerror", (error) => console.error(`the page complained: ${error.message}`));
    return await visit({ context, page, link, slower: async (rate) => (slowed = await slow(profile, rate)) });
  } finally {
    await slowed?.end();
    await context.close();
    await link.cut();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** Seconds and bytes of `work`, which returns how long it took in milliseconds. */
export async function counted(link, work) {
  const { up, down } = link;
  const ms = await work();
  return { seconds: ms / 1_000, up: link.up - up, down: link.down - down };
}
