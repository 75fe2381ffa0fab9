// Keeps the page's own files, so that it works with the network off. Each build has files of its own;
// those of earlier ones go when it takes over. What is not the page's own is not touched.
const NAME = "clearance-__VERSION__";
const FILES = __FILES__;
// An organisation's policies are of no build.
const POLICIES = "policies-of-clearance";
const MODULE = /^policies\/[0-9a-f]+\.wasm$/;

self.addEventListener("install", (event) => {
  event.waitUntil(Promise.all([
    caches.open(NAME).then((cache) => cache.addAll(["./", ...FILES.map((file) => `./${file}`)])),
    // The first page has loaded them before anybody kept them.
    policies().then(keep).catch(() => undefined),
  ]).then(() => self.skipWaiting()));
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
  } else if (file === "policies.json") {
    // Which ones hold is asked each time; where nobody answers, those hold that held last.
    const answer = policies();
    event.respondWith(answer.then((answer) => answer.clone()).catch(() => caches.match("./policies.json")));
    event.waitUntil(answer.then(keep).catch(() => undefined));
  } else if (FILES.includes(file) || MODULE.test(file)) {
    event.respondWith(caches.match(request, { ignoreSearch: true }).then((kept) => kept ?? fetch(request)));
  }
});

function policies() {
  return fetch("./policies.json", { cache: "no-cache" });
}

/** Keeps a list of policies, once all its modules are there; those of others go. */
async function keep(answer) {
  // A proxy's word that nobody is there is no list; a server without policies says 404.
  if (!answer.ok && answer.status !== 404) return;
  const list = answer.clone();
  const text = await list.clone().text();
  const cache = await caches.open(POLICIES);
  const modules = [...text.matchAll(/"module":"([0-9a-f]+)"/g)].map(([, digest]) => new URL(`./policies/${digest}.wasm`, self.location.href).href);
  const kept = (await cache.keys()).map(({ url }) => url);
  await cache.addAll(modules.filter((url) => !kept.includes(url)));
  await cache.put("./policies.json", list);
  await Promise.all(kept.filter((url) => MODULE.test(url.slice(new URL("./", self.location.href).href.length)) && !modules.includes(url)).map((url) => cache.delete(url)));
}
