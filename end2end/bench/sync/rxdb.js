// RxDB in the page on its Dexie storage, with its own replication over HTTP to a server that holds everything in memory
// and compresses what it sends: faster and smaller than what its users would run.

import { fileURLToPath } from "node:url";

import { Child } from "./child.js";
import { counted, withVisitor } from "./visit.js";

export class RxDb {
  name = "RxDB";

  static async start(stories) {
    const peer = new RxDb();
    peer.server = await Child.start(fileURLToPath(new URL("rxdb-server.js", import.meta.url)));
    await peer.server.ask({ fill: "stories", stories });
    return peer;
  }

  pull(stories, { rate, batch }) {
    return withVisitor(this.server.port, async ({ page, link, slower }) => {
      await page.goto(link.url);
      await page.evaluate(() => opened());
      await slower(rate);
      const took = await counted(link, () => page.evaluate((batch) => synced("stories", { pull: batch }), batch));
      const held = await page.evaluate(() => counted());
      if (held !== stories) throw new Error(`RxDB pulled ${held} of ${stories}`);
      return took;
    });
  }

  push(stories, { rate, batch }) {
    const name = `told-${crypto.randomUUID()}`;
    return withVisitor(this.server.port, async ({ page, link, slower }) => {
      await page.goto(link.url);
      await page.evaluate(() => opened());
      await page.evaluate((docs) => told(docs), stories);
      await slower(rate);
      const push = ([name, batch]) => synced(name, { push: batch });
      const took = await counted(link, () => page.evaluate(push, [name, batch]));
      const held = await this.server.ask({ count: name });
      if (held !== stories.length) throw new Error(`RxDB pushed ${held} of ${stories.length}`);
      return took;
    });
  }

  end() {
    return this.server.end();
  }
}
