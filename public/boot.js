// Starts the page. Its names are filled in by the build, so that each build has a boot file of its own.
//
// A page that the server drew is hydrated. Browsers, extensions, translators and proxies alter such a page before the app
// starts, and hydrating what is not as it was drawn traps or, worse, binds the wrong elements. So the page is compared
// with what the server sent, and an altered one is mounted anew. What traps all the same is mounted anew by a second
// instance of the wasm, once: after a trap nothing in the first instance can be relied on.
import * as first from "{solsken.js}";
import { place, putBack, typed } from "{fields.js}";
import { keepTextNodes } from "{text-nodes.js}";

const root = document.documentElement;
const wasm = "{solsken.wasm}";
// Firefox compiles while the bytes still come. When the page goes meanwhile, one of its few threads for that waits for
// the rest for ever, and once all of them do, nothing starts any more until Firefox does. It gets the bytes as a whole.
const whole = () => fetch(wasm).then((response) => response.arrayBuffer());
const inFirefox = navigator.userAgent.includes("Firefox/");
const module = await (inFirefox ? whole().then(WebAssembly.compile) : WebAssembly.compileStreaming(fetch(wasm)));

const nextTask = () => new Promise((resolve) => setTimeout(resolve));

/** Hears of a trap in a task that drawing has started. */
let onTrap = () => {};

function onError(event) {
  const error = event.error ?? event.reason;
  // Errors in scripts that others put into the page are none of ours.
  if (!(error instanceof WebAssembly.RuntimeError) && !String(error?.stack).includes("{solsken.js}")) return;
  event.preventDefault();
  onTrap(error);
}

/** Draws the page with what was typed, and runs the tasks that this starts. Returns what starts everything else. */
async function draw(instance, fields) {
  const trap = new Promise((_, reject) => {
    onTrap = (error) => {
      // Before the next of its tasks.
      instance.giveUp();
      reject(error);
    };
  });
  const goOn = drawNow(instance);
  await Promise.race([nextTask(), trap]);
  if (fields.size > 0) {
    putBack(fields);
    await Promise.race([nextTask(), trap]);
  }
  return goOn;
}

function drawNow(instance) {
  try {
    return instance.draw("{engine-boot.js}", () => import("{media.js}"));
  } catch (error) {
    instance.giveUp();
    throw error;
  }
}

/** Draws the page from nothing but the data that came with it, and tells the server why, without anything of the page. */
async function drawAnew(instance, fields, reason) {
  fetch(`/api/v1/remounts/${reason}`, { method: "POST", keepalive: true }).catch(() => {});
  const comeBack = place();
  root.dataset.mount = "anew";
  document.body.replaceChildren(...document.querySelectorAll("#seed"));
  const goOn = await draw(instance, fields);
  comeBack();
  return goOn;
}

/** The same module under another address is an instance of its own. Without a network it is asked for again. */
async function another() {
  for (let number = 1; ; number++) {
    try {
      const second = await import(`{solsken.js}?${number}`);
      await second.default({ module_or_path: module });
      return second;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
  }
}

/** A hash of the page's nodes by their names, up to the first script: `server/src/http/shape.rs` makes the same one. */
function shape() {
  const walker = document.createTreeWalker(document.body);
  let hash = 0;
  while (walker.nextNode() && walker.currentNode.nodeName !== "SCRIPT") {
    for (const letter of walker.currentNode.nodeName.toLowerCase()) {
      hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0;
    }
  }
  return String(hash);
}

async function start() {
  if (root.dataset.mount === "mount") return draw(first, new Map());
  // The app writes its own values over it.
  const fields = typed();
  if ((root.dataset.shape ?? shape()) !== shape()) return drawAnew(first, fields, "altered");
  try {
    return await draw(first, fields);
  } catch {
    // What is still waiting in the first instance may empty the fields once more.
    await nextTask();
    putBack(fields, { quietly: true });
    const second = await another();
    return drawAnew(second, new Map([...fields, ...typed()]), "trapped");
  }
}

await first.default({ module_or_path: module });
addEventListener("error", onError);
addEventListener("unhandledrejection", onError);
try {
  const goOn = await start();
  keepTextNodes();
  // The app answers. The checks wait for it, and so does whoever measures.
  root.dataset.ready = "";
  goOn();
} finally {
  removeEventListener("error", onError);
  removeEventListener("unhandledrejection", onError);
}
