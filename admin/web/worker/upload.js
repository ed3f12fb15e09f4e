/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files to a token for `assets.jwt`: the three steps that wrangler takes, too. What is named by a hash that
 * this Worker has already is not sent again.
 */
import { api, upload } from '../lib/api.js';
import { base64Of } from '../lib/data.js';

const FILE_MAX = 25 << 20;
const FILES_MAX = 20000;
const TYPES = {
  html: 'text/html', htm: 'text/html', css: 'text/css', js: 'text/javascript', mjs: 'text/javascript', json: 'application/json', map: 'application/json',
  txt: 'text/plain', md: 'text/markdown', csv: 'text/csv', xml: 'application/xml', svg: 'image/svg+xml', png: 'image/png', jpg: 'image/jpeg',
  jpeg: 'image/jpeg', gif: 'image/gif', webp: 'image/webp', avif: 'image/avif', ico: 'image/x-icon', woff: 'font/woff', woff2: 'font/woff2', ttf: 'font/ttf',
  otf: 'font/otf', wasm: 'application/wasm', pdf: 'application/pdf', mp4: 'video/mp4', webm: 'video/webm', mp3: 'audio/mpeg', webmanifest: 'application/manifest+json',
};

const endOf = (path) => /\.([^./]+)$/.exec(path)?.[1].toLowerCase() ?? '';

function typeOf(path) {
  const type = TYPES[endOf(path)] ?? 'application/null';
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
}

function hex(data) {
  return [...data].map((b) => b.toString(16).padStart(2, '0')).join('').slice(0, 32);
}

/* A name within this Worker's files. Its ending belongs to it: the type that is served goes by it. Without TLS a
 * browser does not hash: then it is any name, and all is sent. */
async function hashOf(path, data) {
  if (!globalThis.crypto?.subtle) return hex(crypto.getRandomValues(new Uint8Array(16)));
  const name = new TextEncoder().encode(`/${endOf(path)}`);
  const all = new Uint8Array(data.length + name.length);
  all.set(data);
  all.set(name, data.length);
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', all)));
}

/**
 * Upload.
 *
 * @param site  as siteOf() has it
 * @param told  called with a share, 0..1 or null, and a text
 * @return {jwt}
 */
export async function uploadAssets(worker, site, told, signal) {
  const files = [];
  const manifest = {};
  if (site.files.length > FILES_MAX) throw Object.assign(new Error(`There are ${site.files.length} files: a version has at most ${FILES_MAX}.`), { hint: 'Name some in .assetsignore, or put them in a bucket of R2.' });
  for (const { path, file } of site.files) {
    if (file.size > FILE_MAX) throw Object.assign(new Error(`${path} has more than 25 MB.`), { hint: 'Name it in .assetsignore, or put it in a bucket of R2.' });
    const data = new Uint8Array(await file.arrayBuffer());
    const hash = await hashOf(path, data);
    manifest[path] = { hash, size: file.size };
    files.push({ path, file, hash });
    told(null, `Looking at ${files.length} of ${site.files.length}`);
    signal?.throwIfAborted();
  }
  const begun = (await api.post(`${worker.path}/assets-upload-session`, { manifest }, { signal })).result;
  let { jwt } = begun;
  const wanted = begun.buckets.flat();
  let sent = 0;
  for (const bucket of begun.buckets) {
    const form = new FormData();
    for (const hash of bucket) {
      const one = files.find((f) => f.hash === hash);
      form.append(hash, new Blob([base64Of(new Uint8Array(await one.file.arrayBuffer()))], { type: typeOf(one.path) }), hash);
    }
    const before = sent;
    const doc = await upload('POST', '~/workers/assets/upload', { body: form, query: { base64: 'true' }, headers: { Authorization: `Bearer ${jwt}` }, signal,
      told: (share) => told((before + share * bucket.length) / wanted.length, `Sent ${before} of ${wanted.length}`) });
    jwt = doc.result?.jwt ?? jwt;
    sent += bucket.length;
  }
  told(1, `Sent ${sent} of ${wanted.length}, ${files.length - wanted.length < 0 ? 0 : files.length - wanted.length} were there`);
  return { jwt };
}
