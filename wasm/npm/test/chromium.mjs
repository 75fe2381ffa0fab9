// Chromium, with a page of the package's own on 127.0.0.1: what runs there runs as at a user's.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("..", import.meta.url));
const types = { ".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".ttf": "font/ttf", ".wasm": "application/wasm" };
const page = "<!doctype html><meta charset=utf-8><title>test</title><link rel=icon href=data:,><style>body { height: 20em }</style><body></body>";
// What a page that takes security seriously allows, and no more: monaco and React put styles into the page.
const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:";

/** Where Debian and others put it. */
export function executable() {
  const places = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const found = places.find((place) => place && existsSync(place));
  if (!found) {
    throw new Error("there is no Chromium: install it (Debian: `apt-get install chromium`), or say where it is by CHROMIUM");
  }
  return found;
}

/** Serves the package's directory, and others by their paths' first part. */
export async function serve(others = {}, { policy: isStrict = true } = {}) {
  const server = createServer(async (request, response) => {
    try {
      const path = normalize(decodeURIComponent(new URL(request.url, "http://127.0.0.1").pathname));
      if (path === "/") {
        response.writeHead(200, { "content-type": "text/html", ...(isStrict ? { "content-security-policy": policy } : {}) });
        response.end(page);
        return;
      }
      const [, first, ...rest] = path.split("/");
      const file = others[first] ? join(others[first], ...rest) : join(root, path);
      const bytes = await readFile(file);
      response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** An open page, and what ends it. Whatever the page complains of ends up in `complaints`. */
export async function open(others, options) {
  const { address, close } = await serve(others, options);
  const browser = await chromium.launch({
    executablePath: executable(),
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const page = await browser.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("request", (request) => {
    if (!request.url().startsWith(address) && !/^(data|blob):/.test(request.url())) {
      complaints.push(`a request to another origin: ${request.url()}`);
    }
  });
  await page.goto(address);
  const end = async () => {
    await browser.close();
    close();
  };
  return { page, complaints, address, end };
}
