// What RxDB replicates with: everything in memory. `PEERS` names the folder with its packages.

import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { answer, readStories } from "./child.js";

const require = createRequire(join(process.env.PEERS, "index.js"));
const express = require("express");
const compression = require("compression");

const PAGE = "<!doctype html><meta charset=utf-8><title>RxDB</title><script src=/page.js></script>";
const [script] = require("esbuild").buildSync({
  entryPoints: [fileURLToPath(new URL("rxdb-page.js", import.meta.url))],
  nodePaths: [join(process.env.PEERS, "node_modules")],
  bundle: true,
  minify: true,
  format: "iife",
  write: false,
  define: { "process.env.NODE_ENV": '"production"' },
}).outputFiles;

const sets = new Map();
const set = (name) => sets.get(name) ?? sets.set(name, new Map()).get(name);

const app = express();
app.use(compression());
app.get("/", (_, response) => response.type("html").send(PAGE));
app.get("/page.js", (_, response) => response.type("js").send(script.text));
app.get("/pull", ({ query }, response) => {
  const after = Number(query.after);
  const documents = [...set(query.set).values()].slice(after, after + Number(query.limit));
  response.json({ documents, checkpoint: { seq: after + documents.length } });
});
app.post("/push", express.json({ limit: "50mb" }), ({ query, body }, response) => {
  for (const { newDocumentState: story } of body) set(query.set).set(story.id, story);
  response.json([]);
});

answer(app, {
  fill(name, { stories }) {
    for (const story of readStories(stories)) set(name).set(story.id, { ...story, _deleted: false });
    return set(name).size;
  },
  count: (name) => set(name).size,
});
