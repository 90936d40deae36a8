// Starts the engine in its worker. What the page says before the engine is there is kept for it: a message that comes
// when nobody listens is lost.
import start, { run } from "{engine.js}";

const early = [];
self.onmessage = ({ data }) => early.push(data);

const wasm = "{engine.wasm}";
// As a whole for Firefox, like the page's own.
const whole = () => fetch(wasm).then((response) => response.arrayBuffer());

await start({ module_or_path: navigator.userAgent.includes("Firefox/") ? whole() : wasm });
run(early);
