// The engine, spoken to as the page speaks to it: for what would take a person hours.

/** Runs before the page: `window.call` asks the engine, and answers with what it says. */
export function speakToEngine() {
  let number = 1_000_000;
  const waiting = new Map();
  window.Worker = class extends Worker {
    constructor(...how) {
      super(...how);
      window.engine = this;
      this.addEventListener("message", ({ data }) => {
        const { answer } = JSON.parse(data);
        waiting.get(answer?.number)?.(JSON.parse(answer.message));
      });
    }
  };
  window.call = (call) =>
    new Promise((resolve) => {
      waiting.set(++number, resolve);
      window.engine.postMessage(JSON.stringify({ number, person: null, call }));
    });
}

/** Tells so many stories, each of so many parts that are nearly as long as may be, in words that no compression makes
 * much shorter. */
export function tellLong(page, count, parts) {
  return page.evaluate(
    async ([count, parts]) => {
      const begun = Date.now();
      const words = () => {
        let text = "";
        for (const number of crypto.getRandomValues(new Uint32Array(1_400))) text += `${number.toString(36)} `;
        return text.slice(0, 9_900);
      };
      for (let at = 0; at < count; at++) {
        const hex = (begun + at).toString(16).padStart(12, "0");
        const id = `${hex.slice(0, 8)}-${hex.slice(8)}-7${crypto.randomUUID().slice(15)}`;
        const texts = Object.fromEntries(parts.map((part) => [part, words()]));
        const draft = { id, kind: "customer_words", texts, tags: [], occurred_on: "", language: "sv", begun_at: begun, saved_at: begun };
        const told = await window.call({ tell: draft });
        if (!told.Ok) throw new Error(`a story was not told: ${JSON.stringify(told)}`);
      }
    },
    [count, parts],
  );
}
