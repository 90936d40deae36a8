// A phone without a screen: speaks the protocol of sync as a browser does, and remembers what it was promised.

import { randomBytes } from "node:crypto";

/** Ids sort by time, as those of phones do (UUID version 7). */
function uuid() {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const PATIENCE_MS = 5_000;
const BREATH_MS = 20;

export class Client {
  /** Every story told here: id to text. */
  told = new Map();
  /** Ids of the stories that the server has given a receipt for. */
  received = new Set();
  /** Pushes that came to nothing, by what was said. */
  failures = new Map();
  #outbox = [];
  #next = 1;

  /** Joins with an invite's code. `url()` says where the server is now. */
  static async join(url, code, name) {
    const client = new Client();
    client.url = url;
    client.device = uuid();
    const form = { code, name, site: "Borås", department: "Färg", language: "sv", device: client.device };
    const answer = await fetch(`${url()}/api/v1/join`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(form),
    });
    if (!answer.ok) throw new Error(`joining: ${answer.status} ${await answer.text()}`);
    client.cookie = answer.headers.get("set-cookie").split(";")[0];
    client.me = (await answer.json()).me;
    return client;
  }

  /** Puts a story into the outbox. */
  tell(text) {
    const id = uuid();
    const op = {
      device: this.device,
      device_seq: this.#next++,
      at: Date.now(),
      actor: this.me.id,
      thing: { kind: "story", id },
      change: { create: { kind: "turnaround", situation: text, author: this.me.id, language: "sv" } },
    };
    this.told.set(id, text);
    this.#outbox.push({ id, line: JSON.stringify(op) });
  }

  get unsent() {
    return this.#outbox.length;
  }

  /** Sends the same bytes until there is a receipt for each; gives up only when `enough()` says so. */
  async send(most = 20, enough = () => false) {
    while (this.#outbox.length > 0 && !enough()) {
      const batch = this.#outbox.slice(0, most);
      const answer = await this.#push(batch.map(({ line }) => line).join("\n"));
      if (!answer) {
        await new Promise((resolve) => setTimeout(resolve, BREATH_MS));
        continue;
      }
      if (answer.cloned) throw new Error("the server takes this client for a clone: it lost what it had received");
      for (const [at, { outcome }] of answer.receipts.entries()) {
        if (outcome !== "applied") throw new Error(`a story was not taken: ${JSON.stringify(outcome)}`);
        this.received.add(batch[at].id);
      }
      this.#outbox.splice(0, answer.receipts.length);
    }
  }

  async #push(body) {
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const headers = { cookie: this.cookie, connection: "close" };
      const answer = await fetch(`${this.url()}/api/v1/sync/push`, { method: "POST", headers, body, signal });
      const text = await answer.text();
      if (answer.ok) return JSON.parse(text);
      this.#failed(String(answer.status));
    } catch (error) {
      this.#failed(error.cause?.code ?? error.name);
    }
    return null;
  }

  #failed(why) {
    this.failures.set(why, (this.failures.get(why) ?? 0) + 1);
  }
}

/** Compares what clients told and were promised with what the library holds. A phone is given only the newest of very
 * many stories, so the library itself is asked. */
export function compare(solsken, clients) {
  const stories = solsken.exported().trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
  const library = new Map(stories.map(({ id, situation }) => [id, situation]));
  const texts = [...library.values()];
  const all = clients.flatMap((client) => [...client.told.keys()]);
  const promised = clients.flatMap((client) => [...client.received]);
  const own = new Set(clients.flatMap((client) => [...client.told.values()]));
  const held = texts.filter((text) => own.has(text));
  return {
    told: all.length,
    received: promised.length,
    missing: promised.filter((id) => !library.has(id)).length,
    // Each client tells every text once.
    doubled: held.length - new Set(held).size,
    altered: clients.flatMap((client) => [...client.told]).filter(([id, text]) => library.has(id) && library.get(id) !== text)
      .length,
  };
}

/** As many clients, each with a name and an invite of its own. */
export async function clients(solsken, url, count) {
  const { code } = solsken.invite("member", count);
  const joining = Array.from({ length: count }, (_, n) => Client.join(url, code, `Telefon ${n + 1}`));
  return Promise.all(joining);
}
