// What the page runs for `search.js`. A contestant builds, is stored, is loaded and finds the best twenty.

import init, { Search } from "/searchbench.js";

const SHOWN = 20;
/** Stories that go to our index together. */
const TOGETHER = 100;
/** As the engine does when it has taken up its index. */
const WARM_UP = "solsken i";

let lines, documents;

const ours = {
  memory: null,
  /** Milliseconds until the wasm is compiled, and until its lexicon is there. */
  async start() {
    const begin = performance.now();
    ({ memory: this.memory } = await init({ module_or_path: "/searchbench_bg.wasm" }));
    const compiled = performance.now();
    this.search = new Search();
    return { compile_ms: compiled - begin, start_ms: performance.now() - compiled };
  },
  /** With the reading of JSON, which the engine has to do too. */
  build() {
    for (let at = 0; at < lines.length; at += TOGETHER) this.search.add(lines.slice(at, at + TOGETHER).join("\n"));
    this.search.settle();
  },
  stored() {
    return this.search.to_bytes();
  },
  load(bytes) {
    this.search.load(bytes);
  },
  find(text) {
    return this.search.search(text, SHOWN).length;
  },
};

const FIELDS = ["title", "tags", "quote", "situation", "action", "outcome", "lesson", "department", "site", "author"];
const HOW = { prefix: true, fuzzy: 0.2, boost: { title: 3, tags: 2 } };

const theirs = {
  async start() {
    return { compile_ms: 0, start_ms: 0 };
  },
  build() {
    this.search = new MiniSearch({ fields: FIELDS });
    this.search.addAll(documents);
  },
  stored() {
    return JSON.stringify(this.search);
  },
  load(json) {
    this.search = MiniSearch.loadJSON(json, { fields: FIELDS });
  },
  find(text) {
    return this.search.search(text, HOW).slice(0, SHOWN).length;
  },
};

const CONTESTANTS = { Solsken: ours, MiniSearch: theirs };

window.fetched = async (stories) => {
  lines = (await (await fetch(`/stories-${stories}.jsonl`)).text()).trim().split("\n");
  documents = lines.map((line) => JSON.parse(line));
  for (const document of documents) document.tags = [...(document.tags ?? []), ...(document.values ?? [])].join(" ");
};

window.built = async (who) => {
  const started = await CONTESTANTS[who].start();
  const begin = performance.now();
  CONTESTANTS[who].build();
  return { ...started, build_ms: performance.now() - begin };
};

/** Leaves the index in IndexedDB; returns how many bytes that is. */
window.stored = async (who) => {
  const index = CONTESTANTS[who].stored();
  await asked("readwrite", (store) => store.put(index, who));
  return new Blob([index]).size;
};

window.loaded = async (who) => {
  const contestant = CONTESTANTS[who];
  const started = await contestant.start();
  const begin = performance.now();
  const index = await asked("readonly", (store) => store.get(who));
  const read = performance.now();
  contestant.load(index);
  const end = performance.now();
  contestant.find(WARM_UP);
  return { ...started, read_ms: read - begin, load_ms: end - read };
};

window.typed = async (who, queries) => {
  const contestant = CONTESTANTS[who];
  const times = [];
  let slowest = ["", 0];
  for (const query of queries)
    for (let length = 1; length <= query.length; length++) {
      const text = query.slice(0, length);
      const begin = performance.now();
      contestant.find(text);
      const took = performance.now() - begin;
      times.push(took);
      if (took > slowest[1]) slowest = [text, took];
      await new Promise((resolve) => setTimeout(resolve));
    }
  return { times, slowest: slowest[0] };
};

/** Bytes that a contestant has outside of JavaScript's own heap. */
window.outside = (who) => CONTESTANTS[who].memory?.buffer.byteLength ?? 0;

function asked(mode, ask) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("bench", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("indexes");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction("indexes", mode);
      const request = ask(transaction.objectStore("indexes"));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = () => reject(transaction.error);
    };
  });
}
