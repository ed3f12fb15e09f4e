// SPDX-License-Identifier: Apache-2.0
// The server under test, as the SDK's client sees it, and what uploads need.
import Cloudflare from 'cloudflare';
import { randomBytes } from 'node:crypto';

const { WFP_API, WFP_TOKEN, WFP_ACCOUNT, WFP_DATA } = process.env;

export const account_id = WFP_ACCOUNT;
export const token = WFP_TOKEN;

/** The unmodified SDK. No retries: the first answer is what is checked. */
export function client(apiToken = WFP_TOKEN) {
  return new Cloudflare({ apiToken, baseURL: WFP_API, maxRetries: 0, timeout: 20000 });
}

export const cf = client();
export const url = (path) => `${WFP_API}${path}`;
export const account = `/accounts/${WFP_ACCOUNT}`;

/** A name nobody else has. */
export const fresh = (stem) => `${stem}-${randomBytes(4).toString('hex')}`;

export const lua = (text) =>
  `return { fetch = function() return Response.new(${JSON.stringify(text)}) end }\n`;

export const file = (name, text, type = 'text/x-lua') => new File([text], name, { type });

/** What makes the SDK let fetch() write the header with its boundary. */
export const multipart = { headers: { 'Content-Type': null } };

/** Multipart as wrangler and curl write it. */
export function form(metadata, ...files) {
  const data = new FormData();
  data.set('metadata', JSON.stringify(metadata));
  for (const each of files) data.append(each.name, each, each.name);
  return data;
}

export const isTime = (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text);

/** What a user Worker answers on the data plane: [status, text]. */
export async function ask(namespace, name, path = '') {
  const at = WFP_DATA.replace('{ns}', namespace).replace('{name}', name) + path;
  const answer = await fetch(at, { redirect: 'manual' });
  return [answer.status, await answer.text()];
}
