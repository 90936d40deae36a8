// Takes the place of the service worker when that is to go from all phones: forgets the kept builds and then itself.
// What has been told, and what is being written, lies in the database of the browser and is not touched. Open pages
// stay as they are; whatever is opened next comes from the network.

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  event.waitUntil(retire());
});

async function retire() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("solsken-")).map((name) => caches.delete(name)));
  await self.registration.unregister();
}
