// SPDX-License-Identifier: Apache-2.0
// A namespace of its own for the programs that upload user Workers.
import { account, account_id, cf, file, form, fresh, multipart } from './server.mjs';

const { namespaces } = cf.workersForPlatforms.dispatch;
export const { scripts } = namespaces;
export const ns = fresh('ns');
export const at = { account_id, dispatch_namespace: ns };
export const path = (name, rest = '') =>
  `${account}/workers/dispatch/namespaces/${ns}/scripts/${name}${rest}`;
export const list = `${account}/workers/dispatch/namespaces/${ns}/scripts`;

export const make = () => namespaces.create({ account_id, name: ns });
export const remove = () => namespaces.delete(ns, { account_id });

/** As the SDK uploads. */
export const update = (name, metadata, ...files) =>
  scripts.update(name, { ...at, metadata: JSON.stringify(metadata), files }, multipart);

/** As wrangler and curl do. */
export const put = (name, metadata, files, query = {}) =>
  cf.put(path(name), { body: form(metadata, ...files), query });

export const worker = (text) => file('worker.lua', text);
export const bindings = async (name) => (await scripts.bindings.get(name, at)).result;
export const names = async (query = {}) =>
  (await cf.get(list, { query })).result.map((each) => each.id).sort();
