// Starts the page. Its names are filled in by the build, so that each build has a boot file of its own.
import start, { hydrate } from "{solsken.js}";

const wasm = "{solsken.wasm}";
// Firefox compiles while the bytes still come. When the page goes meanwhile, one of its few threads for that waits for
// the rest for ever, and once all of them do, nothing starts any more until Firefox does. It gets the bytes as a whole.
const whole = () => fetch(wasm).then((response) => response.arrayBuffer());

await start({ module_or_path: navigator.userAgent.includes("Firefox/") ? whole() : wasm });
hydrate("{engine-boot.js}", () => import("{media.js}"));
