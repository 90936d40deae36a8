// PouchDB in the page, express-pouchdb on LevelDB behind it, as its users would run them.

import { fileURLToPath } from "node:url";

import { Child } from "./child.js";
import { counted, withVisitor } from "./visit.js";

export class PouchDb {
  name = "PouchDB";

  static async start(stories) {
    const peer = new PouchDb();
    peer.server = await Child.start(fileURLToPath(new URL("pouchdb-server.js", import.meta.url)));
    await peer.server.ask({ fill: "stories", stories });
    return peer;
  }

  /** The whole library into an empty phone. */
  pull(stories, { rate, batch }) {
    return withVisitor(this.server.port, async ({ page, link, slower }) => {
      await page.goto(`${link.url}/page`);
      await page.evaluate(async () => await (window.db = new PouchDB("local")).info());
      await slower(rate);
      const pull = async ([url, batch_size]) => {
        const start = performance.now();
        await db.replicate.from(url, { batch_size });
        return performance.now() - start;
      };
      const took = await counted(link, () => page.evaluate(pull, [`${link.url}/db/stories`, batch]));
      const held = await page.evaluate(async () => (await db.info()).doc_count);
      if (held !== stories) throw new Error(`PouchDB pulled ${held} of ${stories}`);
      return took;
    });
  }

  /** What was put into the phone without a network. */
  push(stories, { rate, batch }) {
    const name = `told-${crypto.randomUUID()}`;
    return withVisitor(this.server.port, async ({ page, link, slower }) => {
      await page.goto(`${link.url}/page`);
      await page.evaluate(async (docs) => {
        window.db = new PouchDB("local");
        for (const { id, ...rest } of docs) await db.put({ _id: id, ...rest });
      }, stories);
      await slower(rate);
      const push = async ([url, batch_size]) => {
        const start = performance.now();
        await db.replicate.to(url, { batch_size });
        return performance.now() - start;
      };
      const took = await counted(link, () => page.evaluate(push, [`${link.url}/db/${name}`, batch]));
      const held = await this.server.ask({ count: name });
      if (held !== stories.length) throw new Error(`PouchDB pushed ${held} of ${stories.length}`);
      return took;
    });
  }

  end() {
    return this.server.end();
  }
}
