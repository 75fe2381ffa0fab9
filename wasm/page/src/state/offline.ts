/** After the first load the page works with the network off. A service worker needs HTTPS or loopback;
 * where there is none, the page is as good as without. */
export function registerOffline(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator) || !window.isSecureContext) return;
  window.addEventListener("load", () => {
    navigator.serviceWorker.register(new URL("./sw.js", document.baseURI), { type: "module" }).catch(() => {
      // A certificate that is not trusted, or a browser that refuses: then there is no offline use.
    });
  });
}
