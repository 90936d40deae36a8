// A weak link: one TCP proxy that everything between a browser and a server shares, the service worker too.
//
// 1.6 Mbit/s down, 0.75 Mbit/s up, 150 ms there and back ("Slow 4G"); a connection costs one round trip to set up.

import net from "node:net";

const ROUND_TRIP_MS = 150;
const DOWN_BYTES_PER_S = 1.6e6 / 8;
const UP_BYTES_PER_S = 0.75e6 / 8;
const PIECE = 8192;
/** So much may be under way before the sender has to wait. */
const AHEAD_MS = 300;

export class Link {
  /** Bytes that came through to the browser, headers and all. */
  down = 0;
  up = 0;
  weak = true;
  #away = false;
  #sockets = new Set();

  static async to(port) {
    const link = new Link();
    const lanes = { down: { rate: DOWN_BYTES_PER_S, free: 0 }, up: { rate: UP_BYTES_PER_S, free: 0 } };
    link.server = net.createServer({ noDelay: true }, (browser) => {
      if (link.#away) return void browser.destroy();
      const server = net.connect({ port, host: "127.0.0.1", noDelay: true });
      link.#sockets.add(browser);
      browser.on("close", () => {
        link.#sockets.delete(browser);
        server.destroy();
      });
      server.on("error", () => browser.destroy());
      browser.on("error", () => server.destroy());
      link.#carry(browser, server, "up", lanes.up, ROUND_TRIP_MS);
      link.#carry(server, browser, "down", lanes.down, 0);
    });
    await new Promise((resolve) => link.server.listen(0, "127.0.0.1", resolve));
    link.url = `http://127.0.0.1:${link.server.address().port}`;
    return link;
  }

  #carry(from, to, way, lane, setUpMs) {
    from.on("data", (bytes) => {
      this[way] += bytes.length;
      if (!this.weak) return void to.write(bytes);
      for (let at = 0; at < bytes.length; at += PIECE) {
        const piece = bytes.subarray(at, at + PIECE);
        const now = performance.now();
        lane.free = Math.max(lane.free, now) + (piece.length / lane.rate) * 1000;
        setTimeout(() => to.writable && to.write(piece), lane.free - now + ROUND_TRIP_MS / 2 + setUpMs);
      }
      const ahead = lane.free - performance.now();
      if (ahead > AHEAD_MS) {
        from.pause();
        setTimeout(() => from.resume(), ahead - AHEAD_MS / 3);
      }
    });
    from.on("end", () => setTimeout(() => to.end(), this.weak ? Math.max(0, lane.free - performance.now()) + ROUND_TRIP_MS : 0));
  }

  /** Nothing comes through until `comeBack()`. */
  goAway() {
    this.#away = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  comeBack() {
    this.#away = false;
  }

  /** Nothing answers at this address any more. */
  cut() {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.server.close(resolve));
  }
}
