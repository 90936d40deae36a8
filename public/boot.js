// Starts the page. Its names are filled in by the build, so that each build has a boot file of its own.
import start, { hydrate } from "{solsken.js}";

await start({ module_or_path: "{solsken.wasm}" });
hydrate("{engine-boot.js}", () => import("{media.js}"));
