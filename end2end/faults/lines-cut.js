// Every connection between eight clients and the server is cut after a random number of bytes, either way.

import net from "node:net";

import { Solsken } from "../solsken.js";
import { clients, compare } from "./client.js";
import { report, together } from "./report.js";

const CLIENTS = 8;
const STORIES = Number(process.env.STORIES_EACH ?? 400);
/** A push of twenty stories has some eight thousand bytes, its answer some two thousand. */
const LONGEST = { up: 12_000, down: 3_500 };

class Scissors {
  cuts = 0;
  cutting = false;

  static async before(port) {
    const scissors = new Scissors();
    scissors.server = net.createServer((client) => {
      const server = net.connect({ port, host: "127.0.0.1" });
      const left = { up: Math.random() * LONGEST.up, down: Math.random() * LONGEST.down };
      const end = () => {
        client.destroy();
        server.destroy();
      };
      const carry = (from, to, way) =>
        from.on("data", (bytes) => {
          left[way] -= bytes.length;
          if (!scissors.cutting || left[way] >= 0) return void to.write(bytes);
          scissors.cuts++;
          // What was on its way still arrives, cut off in the middle.
          to.write(bytes.subarray(0, bytes.length + left[way]), end);
        });
      carry(client, server, "up");
      carry(server, client, "down");
      for (const socket of [client, server]) socket.on("error", end).on("close", end);
    });
    await new Promise((resolve) => scissors.server.listen(0, "127.0.0.1", resolve));
    scissors.url = `http://127.0.0.1:${scissors.server.address().port}`;
    return scissors;
  }
}

const solsken = await Solsken.start({ demo: false });
const scissors = await Scissors.before(solsken.port);
const all = await clients(solsken, () => scissors.url, CLIENTS);
scissors.cutting = true;
await Promise.all(
  all.map(async (client, number) => {
    for (let n = 0; n < STORIES; n++) {
      client.tell(`Telefon ${number + 1} berättar nummer ${n}: linjen bröts, men inte löftet.`);
      if (n % 20 === 19) await client.send();
    }
    await client.send();
  }),
);
scissors.cutting = false;
report("lines cut", { cuts: scissors.cuts, ...compare(solsken, all), failures: together(all.map((client) => client.failures)) });
scissors.server.close();
await solsken.end();
