// Keeps one build of the app on the phone, so that it starts without a network.
//
// The list of files and their hashes is filled in by the server from what is embedded in it: it is always of one
// build. They are fetched, verified and cached as a set; if one is missing or altered, the build before stays.

const BUILD = "{build}";
const PRECACHE = "{precache}";
const CACHE = `solsken-${BUILD}`;
const SHELL = "/app-shell";

self.addEventListener("install", (event) => {
  event.waitUntil(keepBuild());
});

async function keepBuild() {
  const fetched = await Promise.all([
    // The file names change with the content: what the first visit has loaded is taken from the browser's own cache.
    ...Object.entries(PRECACHE).map(async ([path, integrity]) => [path, await verified(path, { integrity })]),
    verified(SHELL, { cache: "reload" }).then((response) => [SHELL, response]),
  ]);
  const cache = await caches.open(CACHE);
  await Promise.all(fetched.map(([path, response]) => cache.put(path, response)));
}

async function verified(path, how) {
  const response = await fetch(path, { credentials: "same-origin", ...how });
  if (!response.ok || response.redirected) {
    throw new Error(`${path} answered ${response.status}`);
  }
  return response;
}

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOlderBuilds().then(() => self.clients.claim()));
});

async function forgetOlderBuilds() {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith("solsken-") && name !== CACHE);
  await Promise.all(older.map((name) => caches.delete(name)));
}

// A new build waits until the person takes it up, or until the last page of the old one is gone.
self.addEventListener("message", (event) => {
  if (event.data === "take-up") {
    self.skipWaiting();
  }
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin || request.method !== "GET") {
    return;
  }
  if (request.mode === "navigate") {
    if (!url.pathname.startsWith("/api/")) {
      event.respondWith(fromCache(SHELL, request));
    }
  } else if (url.pathname in PRECACHE) {
    event.respondWith(fromCache(url.pathname, request));
  }
});

async function fromCache(path, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}

self.addEventListener("sync", (event) => {
  if (event.tag === "outbox") {
    event.waitUntil(wakePages());
  }
});

// Pages hold the engine that syncs; where one is open, it is asked to.
async function wakePages() {
  const pages = await self.clients.matchAll({ type: "window" });
  pages.forEach((page) => page.postMessage("sync"));
}
