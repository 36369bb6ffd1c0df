/** The three files a page needs. Their URL holds the hash of their content, so they may be kept for ever. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

export type Asset = {
  readonly path: string;
  readonly type: string;
  readonly etag: string;
  readonly body: string;
};
export type Assets = { readonly look: Asset; readonly copy: Asset; readonly key: Asset };

function load(name: string, extension: string, type: string): Asset {
  const body = readFileSync(new URL(`./assets/${name}.${extension}`, import.meta.url), "utf8");
  const hash = createHash("sha256").update(body).digest("hex").slice(0, 16);
  return { path: `/assets/${name}.${hash}.${extension}`, type, etag: `"${hash}"`, body };
}

/** Reads them once, at start. */
export function loadAssets(): Assets {
  return {
    look: load("look", "css", "text/css; charset=utf-8"),
    copy: load("copy", "js", "text/javascript; charset=utf-8"),
    key: load("key", "svg", "image/svg+xml"),
  };
}

/** The answer to a request for an asset; `undefined` when there is none of that name. */
export function serveAsset(assets: Assets, path: string, request: Request): Response | undefined {
  const asset = Object.values(assets).find((one) => one.path === path);
  if (!asset) return undefined;
  const headers = {
    "content-type": asset.type,
    "cache-control": "public, max-age=31536000, immutable",
    etag: asset.etag,
    "x-content-type-options": "nosniff",
  };
  if (request.headers.get("if-none-match")?.includes(asset.etag))
    return new Response(null, { status: 304, headers });
  return new Response(asset.body, { headers });
}
