// The server is killed with SIGKILL `KILLS` times while eight clients push stories as fast as they are taken.

import { Solsken } from "../solsken.js";
import { clients, compare } from "./client.js";
import { between, pause, report, together } from "./report.js";

const KILLS = Number(process.env.KILLS ?? 100);
const CLIENTS = 8;

const solsken = await Solsken.start({ demo: false });
const all = await clients(solsken, () => solsken.url, CLIENTS);
let over = false;
const working = all.map(async (client, number) => {
  for (let n = 0; !over; n++) {
    client.tell(`Telefon ${number + 1} berättar nummer ${n}: kunden fick vänta, men inte förgäves.`);
    if (client.unsent >= 1 + (n % 30)) await client.send(20, () => over);
  }
});
for (let kill = 0; kill < KILLS; kill++) {
  await pause(between(20, 250));
  await solsken.stop();
  await solsken.startAgain();
}
over = true;
await Promise.all(working);
const promised = all.reduce((sum, client) => sum + client.received.size, 0);
// Whatever the last kill left in the outboxes goes now: nothing told may be missing in the end.
await Promise.all(all.map((client) => client.send()));
report("server killed", { kills: KILLS, promised, ...compare(solsken, all), failures: together(all.map((client) => client.failures)) });
await solsken.end();
