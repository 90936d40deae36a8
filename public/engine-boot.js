// Starts the engine in its worker. What the page says before the engine is there is kept for it: a message that comes
// when nobody listens is lost.
import start, { run } from "{engine.js}";

const early = [];
self.onmessage = ({ data }) => early.push(data);

await start({ module_or_path: "{engine.wasm}" });
run(early);
