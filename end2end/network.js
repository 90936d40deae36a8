// What stands between a phone and the server: by itself nothing, on a bad day a captive portal, a proxy that gives up,
// or silence. The phone talks to it as to the server, service worker and all.

import { createServer, request } from "node:http";

import { test as base } from "./phone.js";

const PORTAL = "<!DOCTYPE html><title>Gästnät</title><p>Godkänn villkoren för att surfa.</p>";

/** What can be answered instead of the server's own words. */
const ANSWERS = {
  refused: (_, response) => response.writeHead(500).end("no"),
  portal: (_, response) => response.writeHead(200, { "content-type": "text/html" }).end(PORTAL),
  silence: () => {},
  cut: (_, response) => response.socket.destroy(),
};

const BOOT = /\/engine-boot-.*\.js$/;

export class Network {
  /** One of `ANSWERS`, or `truncated`, for what the phone asks of `/api/`. `null`: all is well. */
  api = null;
  /** Which of its questions are concerned. */
  concerns = /^\/api\/v1\/(sync|library)/;
  /** Runs in the engine's worker before the engine does. A browser verifies what a service worker keeps: there is none
   * then. */
  engine = "";
  /** What was asked while the day was bad. */
  met = [];
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
    const bad = this.api && this.concerns.test(asked.url);
    if (bad) this.met.push(`${asked.method} ${asked.url}`);
    if (bad && ANSWERS[this.api]) {
      asked.resume();
      return ANSWERS[this.api](asked, response);
    }
    // The host it was asked for: the server compares it with the page's origin.
    const { method, headers, url: path } = asked;
    const onward = request({ port: this.solsken.port, host: "127.0.0.1", method, path, headers }, (answer) => {
      const whole = [];
      answer.on("data", (bytes) => {
        if (bad || this.#alters(path)) whole.push(bytes);
        else response.write(bytes);
      });
      answer.on("end", () => {
        if (bad) response.end(Buffer.concat(whole).subarray(0, Buffer.concat(whole).length / 2));
        else if (this.#alters(path)) response.end(`${this.engine}\n${Buffer.concat(whole)}`);
        else response.end();
      });
      answer.on("error", () => response.destroy());
      // What may be altered later must not lie in the browser's cache as it was.
      if (BOOT.test(path)) answer.headers["cache-control"] = "no-store";
      const { "content-length": _, ...rest } = answer.headers;
      response.writeHead(answer.statusCode, bad || this.#alters(path) ? rest : answer.headers);
      response.flushHeaders();
    });
    if (this.#alters(path)) onward.setHeader("accept-encoding", "identity");
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    asked.pipe(onward);
  }

  #alters(path) {
    return this.engine !== "" && BOOT.test(path);
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
