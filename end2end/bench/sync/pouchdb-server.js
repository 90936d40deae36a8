// express-pouchdb on LevelDB, in a process of its own. `PEERS` names the folder with its packages.

import { createRequire } from "node:module";
import { join } from "node:path";

import { answer, readStories } from "./child.js";

const require = createRequire(join(process.env.PEERS, "index.js"));
const PouchDB = require("pouchdb").defaults({ prefix: `${process.env.DATA}/` });
const express = require("express");

const PAGE = "<!doctype html><meta charset=utf-8><title>PouchDB</title><script src=/js/pouchdb.min.js></script>";
const TOGETHER = 500;

const app = express();
app.get("/page", (_, response) => response.type("html").send(PAGE));
app.get("/favicon.ico", (_, response) => response.status(204).end());
app.use("/js", express.static(join(process.env.PEERS, "node_modules/pouchdb/dist")));
const how = { mode: "minimumForPouchDB", inMemoryConfig: true, logPath: join(process.env.DATA, "log.txt") };
app.use("/db", require("express-pouchdb")(PouchDB, how));

answer(app, {
  async fill(name, { stories }) {
    const db = new PouchDB(name);
    const docs = readStories(stories).map(({ id, ...rest }) => ({ _id: id, ...rest }));
    for (let at = 0; at < docs.length; at += TOGETHER) await db.bulkDocs(docs.slice(at, at + TOGETHER));
    return docs.length;
  },
  count: async (name) => (await new PouchDB(name).info()).doc_count,
});
