/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The REST API as this page speaks it: one session, the envelope, and errors
 * that say what is wrong and how to mend it.
 */
import { parseExact } from './json.js';
import { mend } from './mend.js';

export class ApiError extends Error {
  /** @param errors the envelope's: [{code, message}] */
  constructor(status, errors, messages = []) {
    super(errors.map((e) => e.message).join('; '));
    this.name = 'ApiError';
    this.status = status;
    this.errors = errors;
    this.code = errors[0]?.code ?? 0;
    this.messages = messages;
    this.hint = mend(this);
  }
}

let session = null;
let account = '';
let onEnded = async () => false;
let again = null;

/** What a failed fetch, or one that broke off, is to people. */
export function lost(cause) {
  if (cause.name === 'AbortError') return cause;
  return new ApiError(0, [{ code: 0, message: 'The server does not answer' }]);
}

async function parse(res, read = JSON.parse) {
  let text;
  try {
    text = await res.text();
  } catch (cause) {
    throw lost(cause);
  }
  try {
    return read(text);
  } catch {
    return null;
  }
}

async function ask(url, init) {
  let res;
  try {
    res = await fetch(url, { credentials: 'same-origin', cache: 'no-store', ...init });
  } catch (cause) {
    throw lost(cause);
  }
  return res;
}

async function refused(res) {
  const doc = await parse(res);
  const errors = doc?.errors?.length ? doc.errors
    : [{ code: res.status, message: `${res.status} ${res.statusText || 'Error'}` }];
  return new ApiError(res.status, errors, doc?.messages ?? []);
}

/* ---- the session -------------------------------------------------------------- */

function take(doc) {
  session = doc?.result ?? null;
  account = session?.account ?? '';
  return session;
}

/** Who is signed in: {name, role, namespaces, csrf, api}; null: nobody. */
export async function resume() {
  const res = await ask('session');
  if (res.status === 401 || res.status === 403) {
    session = null;
    return null;
  }
  if (!res.ok) throw await refused(res);
  return take(await parse(res));
}

export async function signIn(token) {
  const res = await ask('session', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  if (!res.ok) throw await refused(res);
  return resume();
}

export async function signOut() {
  await ask('session', { method: 'DELETE', headers: { 'X-Wfp-Csrf': session?.csrf ?? '' } });
  session = null;
}

/** fn(session): asks for its token; true as soon as that is signed in again. */
export function whenEnded(fn) {
  onEnded = fn;
}

/* Of a call that was refused: may it be sent once more? */
async function renew(mine) {
  const doc = await parse(await ask('session'));
  const now = doc?.result;
  if (now?.csrf === mine.csrf) return false; /* it lacks a right */
  if (!now || now.token?.id !== mine.token?.id) return onEnded(mine);
  take(doc); /* it was signed in again in another tab */
  return true;
}

/** The same, of all calls of a session; others wait for what becomes of it. */
async function goesOn(mine) {
  if (session?.csrf === mine.csrf) {
    again ??= renew(mine).finally(() => {
      again = null;
    });
  }
  return again ?? (session !== null && session.token?.id === mine.token?.id);
}

export function who() {
  return session;
}

/** May the session do what needs this role? */
export function may(role) {
  const order = ['read', 'deploy', 'admin'];
  return order.indexOf(session?.role) >= order.indexOf(role);
}

export function isLimited() {
  return (session?.namespaces?.length ?? 0) > 0;
}

/* ---- calls ---------------------------------------------------------------------- */

function address(path, query) {
  const at = path.startsWith('~') ? `/accounts/${account}${path.slice(1)}` : path;
  const pairs = Object.entries(query ?? {}).filter(([, v]) => v !== undefined && v !== null && v !== '');
  const search = new URLSearchParams(pairs.map(([k, v]) => [k, String(v)])).toString();
  return `${(session?.api ?? '/client/v4').replace(/\/+$/, '')}${at}${search ? `?${search}` : ''}`;
}

/**
 * One call that answers with the raw Response, status below 400.
 *
 * @param path "~" at the beginning stands for the account: "~/workers/scripts"
 * @param opts {query, json, body, headers, signal}
 */
export async function call(method, path, opts = {}) {
  const headers = { ...opts.headers };
  let body = opts.body;
  if (opts.json !== undefined) {
    headers['Content-Type'] = 'application/json';
    body = JSON.stringify(opts.json);
  }
  if (again) await again;
  const asker = session;
  if (asker) headers['X-Wfp-Csrf'] = asker.csrf;
  const res = await ask(address(path, opts.query), { method, headers, body, signal: opts.signal });
  if ((res.status === 401 || res.status === 403) && asker && await goesOn(asker)) {
    opts.signal?.throwIfAborted();
    return call(method, path, opts);
  }
  if (!res.ok) throw await refused(res);
  return res;
}

async function enveloped(method, path, opts) {
  const res = await call(method, path, opts);
  const doc = await parse(res, opts?.read);
  if (!doc || doc.success === false) {
    throw new ApiError(res.status, doc?.errors ?? [{ code: 0, message: 'The answer is not the API\'s' }]);
  }
  const etag = res.headers.get('ETag');
  return etag ? { ...doc, etag } : doc;
}

/** Each answers with the whole envelope: {result, result_info, messages}, and the etag if there is one. */
export const api = {
  get: (path, query, opts) => enveloped('GET', path, { query, ...opts }),
  /** Where what somebody stored as JSON is written again: no digit of a number is lost. */
  exact: (path, query, opts) => enveloped('GET', path, { query, read: parseExact, ...opts }),
  post: (path, json, opts) => enveloped('POST', path, { json, ...opts }),
  put: (path, json, opts) => enveloped('PUT', path, { json, ...opts }),
  patch: (path, json, opts) => enveloped('PATCH', path, { json, ...opts }),
  del: (path, opts) => enveloped('DELETE', path, opts),
  /** Where the browser itself asks (EventSource, downloads): GET only. */
  url: (path, query) => address(path, query),
};

/**
 * An encoded path segment. A browser takes "." and ".." for steps of the path,
 * however they are written: such a call would reach what is above.
 */
export function seg(name) {
  if (name === '.' || name === '..') {
    const error = new ApiError(400, [{ code: 0, message: `"${name}" cannot be reached from a browser` }]);
    error.hint = 'It can be deleted here; a Worker that is bound to it can read it, and what speaks S3.';
    throw error;
  }
  return encodeURIComponent(name);
}

/** Path of a Worker: ns "" is the account's own. */
export function workerPath(ns, name) {
  const at = ns ? `~/workers/dispatch/namespaces/${seg(ns)}/scripts` : '~/workers/scripts';
  return name === undefined ? at : `${at}/${seg(name)}`;
}

/**
 * Upload with progress, which fetch cannot tell.
 *
 * @param told called with 0..1
 * @return the envelope; its etag is the answer's header
 */
export function upload(method, path, opts) {
  const { body, headers = {}, query, told, signal } = opts;
  const asker = session;
  return new Promise((done, fail) => {
    const xhr = new XMLHttpRequest();
    xhr.open(method, address(path, query));
    for (const [k, v] of Object.entries(headers)) xhr.setRequestHeader(k, v);
    if (asker) xhr.setRequestHeader('X-Wfp-Csrf', asker.csrf);
    xhr.upload.onprogress = (e) => told?.(e.lengthComputable ? e.loaded / e.total : 0);
    xhr.onerror = () => fail(lost(new Error()));
    xhr.onabort = () => fail(new DOMException('aborted', 'AbortError'));
    xhr.onload = async () => {
      let doc = null;
      try {
        doc = JSON.parse(xhr.responseText);
      } catch { /* not the API's */ }
      if ((xhr.status === 401 || xhr.status === 403) && asker && await goesOn(asker).catch(() => false)) done(upload(method, path, opts));
      else if (xhr.status >= 400 || !doc) {
        fail(new ApiError(xhr.status, doc?.errors?.length ? doc.errors
          : [{ code: xhr.status, message: `${xhr.status} ${xhr.statusText}` }], doc?.messages));
      } else done({ ...doc, etag: xhr.getResponseHeader('ETag') });
    };
    signal?.addEventListener('abort', () => xhr.abort());
    xhr.send(body);
  });
}
