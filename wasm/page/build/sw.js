// Keeps the page's own files, so that it works with the network off. Each build has files of its own;
// those of earlier ones go when it takes over. What is not the page's own is not touched.
const NAME = "clearance-__VERSION__";
const FILES = __FILES__;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(["./", ...FILES.map((file) => `./${file}`)])).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith("clearance-") && name !== NAME).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const root = new URL("./", self.location.href);
  if (request.method !== "GET" || url.origin !== root.origin || !url.pathname.startsWith(root.pathname)) return;
  const file = url.pathname.slice(root.pathname.length);
  if (file === "" || file === "index.html") {
    // The page itself comes fresh where that is possible: a new build is seen at once.
    event.respondWith(fetch(request).catch(() => caches.match(new URL("./", root).href)));
  } else if (FILES.includes(file)) {
    event.respondWith(caches.match(request, { ignoreSearch: true }).then((kept) => kept ?? fetch(request)));
  }
});
