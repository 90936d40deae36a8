// The same way of a story in the engines of other phones: Firefox, and WebKit, which is that of every iPhone.

import { Firefox } from "../drivers/firefox.js";
import { WebKit } from "../drivers/webkit.js";
import { storyFindsItsWay } from "../flow.js";
import { test as base } from "../phone.js";

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

// Two cold starts of a browser each, on a machine that may have other things to do. On a busy one WebKit now and then
// does not give a new page's engine the store that the page before had open.
test.describe.configure({ timeout: 300_000, retries: 2 });

for (const Browser of [Firefox, WebKit]) {
  test(`${Browser.name}: told with the server stopped, read by a colleague`, async ({ solsken, browsers }) => {
    await storyFindsItsWay({ solsken, phone: browsers(Browser), other: browsers(Browser) });
  });
}
