// The page of the contestants, isolated from other origins: only then do its clocks tick every 5 µs.

import { createReadStream } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PAGE = `<!doctype html><meta charset=utf-8><title>Search</title>
<script src=/minisearch.js></script><script type=module src=/page.js></script>`;
const FILES = {
  "/minisearch.js": join(process.env.PEERS, "minisearch/dist/umd/index.js"),
  "/page.js": fileURLToPath(new URL("page.js", import.meta.url)),
  "/searchbench.js": join(process.env.GLUE, "searchbench.js"),
  "/searchbench_bg.wasm": join(process.env.GLUE, "searchbench_bg.wasm"),
};
const TYPES = { js: "text/javascript", wasm: "application/wasm", jsonl: "text/plain; charset=utf-8" };

/** A server that listens. */
export async function serve() {
  const server = http.createServer((request, response) => {
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    const { pathname } = new URL(request.url, "http://localhost");
    if (pathname === "/") return void response.setHeader("Content-Type", "text/html").end(PAGE);
    const file = /^\/stories-\d+\.jsonl$/.test(pathname) ? join(process.env.STORIES, pathname) : FILES[pathname];
    if (!file) return void response.writeHead(404).end();
    response.setHeader("Content-Type", TYPES[file.split(".").at(-1)]);
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
