// The peer of the start: Actual Budget's web app, offline-first as ours is, on its own server with a gzip front, as its
// users would run it. `ACTUAL` names the folder of its server's package, `ACTUAL_NODE` the Node.js that runs it.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { freePort } from "../solsken.js";
import { quiet, slowPage, usable, withPhone } from "./visit.js";

const PASSWORD = "hemligt-losen-1";
const BUDGET = "[data-testid=budget-table], [data-testid=budget-page-header], main [aria-label]";

/** The first visit until its first form can be filled in; then, offline, until a small budget is there. */
export async function measureActual() {
  const server = await startServer();
  const front = await gzipFront(server.port);
  try {
    return await withPhone(front.port, async (context, link) => {
      const figures = {};
      let page = await slowPage(context);
      await page.goto(link.url, { waitUntil: "commit" });
      figures.first_usable_ms = await usable(page, "input[type=password]");
      figures.first_bytes = link.down;
      link.weak = false;
      await page.close();

      page = await context.newPage();
      await page.goto(link.url);
      await usable(page, "input[type=password]");
      await page.waitForFunction(() => navigator.serviceWorker.ready.then(() => true));
      await quiet(link);
      figures.with_everything_for_offline_bytes = link.down;
      for (const field of await page.locator("input[type=password]").all()) await field.fill(PASSWORD);
      await page.keyboard.press("Enter");
      await page.waitForURL(/login/);
      await page.locator("input[type=password]").fill(PASSWORD);
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: /^(start budgeting|start fresh|create test file)/i }).first().click();
      await page.locator(BUDGET).first().waitFor({ timeout: 90_000 });
      await quiet(link, 4_000);
      await page.close();

      await link.cut();
      page = await slowPage(context);
      await page.goto(link.url, { waitUntil: "commit" });
      figures.offline_list_usable_ms = await usable(page, BUDGET);
      return figures;
    });
  } finally {
    front.close();
    await server.end();
  }
}

async function startServer() {
  const [data, port] = [mkdtempSync(join(tmpdir(), "actual-")), await freePort()];
  const env = { ...process.env, NODE_ENV: "production", ACTUAL_PORT: port, ACTUAL_HOSTNAME: "127.0.0.1", ACTUAL_DATA_DIR: data };
  const script = join(process.env.ACTUAL, "build/bin/actual-server.js");
  const server = spawn(process.env.ACTUAL_NODE, [script], { env, cwd: data, stdio: "ignore" });
  const gone = new Promise((resolve) => server.once("exit", resolve));
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
    if (answer?.ok) {
      const end = async () => {
        server.kill("SIGKILL");
        await gone;
        rmSync(data, { recursive: true, force: true });
      };
      return { port, end };
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("Actual's server did not start");
}

/** What a reverse proxy in front of it would do: its server compresses nothing itself. */
async function gzipFront(port) {
  const known = new Map();
  const server = http.createServer((asked, answer) => {
    const { url: path, method, headers } = asked;
    const onwards = http.request({ port, host: "127.0.0.1", path, method, headers, agent: false }, (said) => {
      const is_text = /text|javascript|json|wasm|svg|xml|manifest/.test(said.headers["content-type"] ?? "");
      if (!is_text || said.headers["content-encoding"] || said.statusCode !== 200) {
        answer.writeHead(said.statusCode, said.headers);
        return void said.pipe(answer);
      }
      const chunks = [];
      said.on("data", (chunk) => chunks.push(chunk));
      said.on("end", () => {
        const raw = Buffer.concat(chunks);
        const key = `${path} ${raw.length}`;
        if (!known.has(key)) known.set(key, gzipSync(raw, { level: 6 }));
        const body = known.get(key);
        const { "transfer-encoding": _, ...rest } = said.headers;
        answer.writeHead(200, { ...rest, "content-encoding": "gzip", "content-length": body.length, vary: "accept-encoding" });
        answer.end(body);
      });
    });
    onwards.on("error", () => answer.destroy());
    asked.pipe(onwards);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { port: server.address().port, close };
}
