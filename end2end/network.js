// What stands between a phone and the server: by itself nothing, on a bad day a captive portal, a proxy that gives up,
// or silence. The phone talks to it as to the server, service worker and all.

import { createHash } from "node:crypto";
import { createServer, request } from "node:http";

import { test as base } from "./phone.js";

const PORTAL = "<!DOCTYPE html><title>Gästnät</title><p>Godkänn villkoren för att surfa.</p>";

/** What can be answered instead of the server's own words. */
const ANSWERS = {
  refused: (_, response) => response.writeHead(500).end("no"),
  portal: (_, response) => response.writeHead(200, { "content-type": "text/html" }).end(PORTAL),
  // What a proxy says that wants to know first who this is.
  unknown: (_, response) => response.writeHead(401, { "content-type": "text/html" }).end("<h1>401</h1>"),
  silence: () => {},
  cut: (_, response) => response.socket.destroy(),
};

/** What nginx says to a body that is larger than it was told to pass, and what it passes unless it was told. */
const NGINX_SAYS = `<html>
<head><title>413 Request Entity Too Large</title></head>
<body>
<center><h1>413 Request Entity Too Large</h1></center>
<hr><center>nginx/1.22.1</center>
</body>
</html>
`;
export const NGINX_PASSES = 1024 * 1024;

const BOOT = /\/engine-boot-.*\.js$/;

/** What only the next build has. */
const NEXT = { path: "/assets/next-0123456789abcdef.css", text: "/* the next build */" };
const integrity = (text) => `sha384-${createHash("sha384").update(text).digest("base64")}`;

export class Network {
  /** One of `ANSWERS`, or `truncated`, for what the phone asks of `/api/`. `null`: all is well. */
  api = null;
  /** Which of its questions are concerned. */
  concerns = /^\/api\/v1\/(sync|library)/;
  /** Runs in the engine's worker before the engine does. A browser verifies what a service worker keeps: there is none
   * then. */
  engine = "";
  /** What is made of a push on its way to the server. */
  bend = null;
  /** What is made of a page on its way to the phone. */
  page = null;
  /** `next`: the server has another build now, with one more file. `broken`: that file is not what its list says. */
  build = null;
  /** Larger bodies are refused, in bytes. */
  passes = Infinity;
  /** Pages of the library that are larger on the wire break off, in bytes. */
  breaksAt = Infinity;
  /** The sizes of what was sent and of what came, as far as that was bounded. */
  sizes = { sent: [], came: [] };
  /** What was asked while the day was bad. */
  met = [];
  /** Streams of news that are open. */
  streams = 0;
  #server;

  static async before(solsken) {
    const network = new Network();
    network.solsken = solsken;
    network.#server = createServer((asked, response) => network.#answer(asked, response));
    await new Promise((resolve) => network.#server.listen(0, "127.0.0.1", resolve));
    network.url = `http://127.0.0.1:${network.#server.address().port}`;
    network.links = Object.fromEntries(
      Object.entries(solsken.links).map(([role, link]) => [role, link.replace(solsken.url, network.url)]),
    );
    return network;
  }

  #answer(asked, response) {
    if (asked.url === "/api/v1/sync/news") {
      this.streams += 1;
      response.on("close", () => (this.streams -= 1));
    }
    if (this.passes < Infinity) {
      const size = Number(asked.headers["content-length"] ?? 0);
      if (size > 0) this.sizes.sent.push(size);
      if (size > this.passes) {
        asked.resume();
        return response.writeHead(413, { "content-type": "text/html", connection: "close" }).end(NGINX_SAYS);
      }
    }
    const bad = this.api && this.concerns.test(asked.url);
    if (bad) this.met.push(`${asked.method} ${asked.url}`);
    if (bad && ANSWERS[this.api]) {
      asked.resume();
      return ANSWERS[this.api](asked, response);
    }
    if (this.build && asked.url === NEXT.path) {
      return response.writeHead(200, { "content-type": "text/css" }).end(this.build === "next" ? NEXT.text : "half");
    }
    const altered = this.#altered(asked.url, asked.headers);
    // The host it was asked for: the server compares it with the page's origin.
    const { method, headers, url: path } = asked;
    const onward = request({ port: this.solsken.port, host: "127.0.0.1", method, path, headers }, (answer) => {
      const whole = [];
      if (this.breaksAt < Infinity && path.startsWith("/api/v1/sync/pull")) this.#breakOff(answer, response);
      answer.on("data", (bytes) => {
        if (bad || altered) whole.push(bytes);
        else response.write(bytes);
      });
      answer.on("end", () => {
        if (bad) response.end(Buffer.concat(whole).subarray(0, Buffer.concat(whole).length / 2));
        else if (altered) response.end(altered(String(Buffer.concat(whole))));
        else response.end();
      });
      answer.on("error", () => response.destroy());
      // What may be altered later must not lie in the browser's cache as it was.
      if (BOOT.test(path)) answer.headers["cache-control"] = "no-store";
      const { "content-length": _, ...rest } = answer.headers;
      response.writeHead(answer.statusCode, bad || altered ? rest : answer.headers);
      response.flushHeaders();
    });
    if (altered) onward.setHeader("accept-encoding", "identity");
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    if (!this.bend || !new URL(path, this.url).pathname.endsWith("/sync/push")) return asked.pipe(onward);
    const said = [];
    onward.removeHeader("content-length");
    asked.on("data", (bytes) => said.push(bytes));
    asked.on("end", () => onward.end(this.bend(String(Buffer.concat(said)))));
  }

  /** Lets go of an answer that is larger than the line bears. */
  #breakOff(answer, response) {
    let size = 0;
    answer.on("data", (bytes) => {
      size += bytes.length;
      if (size > this.breaksAt) response.destroy();
    });
    answer.on("end", () => this.sizes.came.push(size));
  }

  /** What is made of the server's own words, if they do not come through as they are. */
  #altered(path, { accept = "" }) {
    if (this.page && accept.includes("text/html")) return this.page;
    if (this.engine !== "" && BOOT.test(path)) return (script) => `${this.engine}\n${script}`;
    if (!this.build) return undefined;
    if (path === "/app-shell") return (page) => page.replace("</head>", `<meta name="build" content="next"></head>`);
    if (path !== "/sw.js") return undefined;
    return (script) =>
      script
        .replace(/const BUILD = "(\w+)"/, 'const BUILD = "$1next"')
        .replace("const PRECACHE = {", `const PRECACHE = {"${NEXT.path}":"${integrity(NEXT.text)}",`);
  }

  async end() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Tests in which something stands between phone and server. */
export const test = base.extend({
  network: async ({ solsken }, use) => {
    const network = await Network.before(solsken);
    await use(network);
    await network.end();
  },
});

export { expect } from "./phone.js";
