// The same way of a story in the engines of other phones: Firefox, and WebKit, which is that of every iPhone.

import { setTimeout as sleep } from "node:timers/promises";

import { Firefox } from "../drivers/firefox.js";
import { WebKit } from "../drivers/webkit.js";
import { draftStaysAsSaved, settle, storyFindsItsWay } from "../flow.js";
import { expect, test as base } from "../network.js";

const test = base.extend({
  /** Browsers that are gone after the test, however it went. */
  browsers: async ({}, use, info) => {
    const browsers = [];
    await use((Browser) => {
      browsers.push(new Browser());
      return browsers.at(-1);
    });
    if (info.errors.length > 0) {
      await Promise.all(browsers.map((browser, n) => browser.leavePicture(info.outputPath(`browser-${n}.png`))));
    }
    await Promise.all(browsers.map((browser) => browser.end()));
    const complaints = browsers.flatMap((browser) => browser.complaints);
    if (complaints.length > 0) throw new Error(`a page complained:\n${complaints.join("\n")}`);
  },
});

// Cold starts of a browser, on a machine that may have other things to do.
test.setTimeout(300_000);

/** By then a page has begun on any machine, and what somebody tapped has been sent. */
const STARTED_MS = 300;
const SENT_MS = 300;

/** What is made of the server's page before the browser sees it. */
const ALTERED = {
  "was altered on the way": (html) => html.replace("<body>", "<body><div>Rabattkod hittad!</div>"),
  "traps when it is hydrated": (html) => ALTERED["was altered on the way"](html).replace(/ data-shape="[^"]*"/, ""),
};

for (const Browser of [Firefox, WebKit]) {
  for (const [how, alter] of Object.entries(ALTERED)) {
    test(`${Browser.name}: a page that ${how} is mounted anew and answers`, async ({ network, browsers }) => {
      const phone = browsers(Browser);
      network.page = alter;
      await phone.open();
      await phone.goto(network.links.member);
      expect(await phone.run(() => document.documentElement.dataset.mount)).toBe("anew");
      await phone.fill("[name=name]", "Elin W.");
      await phone.fill("[name=site]", "Borås");
      await phone.fill("[name=department]", "Färg");
      await phone.click("form.form button[data-wide]");
      await phone.see(".tab-bar");
    });
  }

  test(`${Browser.name}: a page that nobody altered is hydrated`, async ({ solsken, browsers }) => {
    const phone = browsers(Browser);
    await phone.open();
    await phone.goto(solsken.links.member);
    expect(await phone.run(() => document.documentElement.dataset.mount)).toBe("hydrate");
  });

  test(`${Browser.name}: told with the server stopped, read by a colleague`, async ({ solsken, browsers }) => {
    await storyFindsItsWay({ solsken, phone: browsers(Browser), other: browsers(Browser) });
  });

  test(`${Browser.name}: a draft stays as it was saved after a photo, a hidden page and a page laid aside`, async ({
    solsken,
    browsers,
  }) => {
    await draftStaysAsSaved({ solsken, phone: browsers(Browser) });
  });

  test(`${Browser.name}: pages that go in the midst of their work leave the store to the next`, async ({
    solsken,
    browsers,
  }) => {
    const phone = browsers(Browser);
    await settle(phone, solsken, { name: "Elin W.", site: "Borås", department: "Färg" });
    const story = await phone.href(".results .story-card:first-of-type a");
    // In the midst of starting, and then of writing, sending and reading at once.
    for (let stay = 0; stay < STARTED_MS; stay += 10) {
      await phone.visit(`${solsken.url}/bibliotek`);
      await sleep(stay);
    }
    for (let stay = 0; stay < SENT_MS; stay += 15) {
      await phone.goto(story);
      await phone.see(".reactions button");
      await phone.run(() => document.querySelectorAll(".reactions button").forEach((button) => button.click()));
      await sleep(stay);
    }
    // A page that goes may complain of what it did not get any more.
    phone.complaints.length = 0;
    await phone.goto(`${solsken.url}/bibliotek`);
    await phone.see(".find__result", "Sökt på telefonen");
  });
}
