// SPDX-License-Identifier: Apache-2.0
// Dispatch namespaces and KV namespaces.
import { all, assert, check, plan, refused } from './tap.mjs';
import { account, account_id, cf, fresh, isTime } from './server.mjs';

const namespaces = cf.workersForPlatforms.dispatch.namespaces;
const name = fresh('ns');
const other = `${name}-renamed`;
const at = (which) => `${account}/workers/dispatch/namespaces/${which}`;

await check('a namespace is made', async () => {
  const made = await namespaces.create({ account_id, name });
  assert.equal(made.namespace_name, name);
  assert.match(made.namespace_id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.ok(isTime(made.created_on) && isTime(made.modified_on));
  assert.equal(made.script_count, 0);
});
await check('not twice', () => refused(namespaces.create({ account_id, name }), 400, 100120));
await check('not without a name', () => refused(namespaces.create({ account_id }), 400, 10012));
await check('it is listed', async () => {
  const list = await all(namespaces.list({ account_id }));
  assert.equal(list.filter((each) => each.namespace_name === name).length, 1);
});
await check('it is there', async () => {
  const { namespace_name, trusted_workers } = await namespaces.get(name, { account_id });
  assert.deepEqual([namespace_name, trusted_workers], [name, false]);
});
await check('another one is not', () => refused(namespaces.get('nobody', { account_id }), 404, 100119));
await check('it is renamed', async () => {
  const { result } = await cf.put(at(name), { body: { name: other } });
  assert.equal(result.namespace_name, other);
  await refused(namespaces.get(name, { account_id }), 404, 100119);
});
await check('it is trusted', async () => {
  const { result } = await cf.patch(at(other), { body: { trusted_workers: true } });
  assert.deepEqual([result.namespace_name, result.trusted_workers], [other, true]);
});
await check('it is deleted', async () => {
  assert.equal(await namespaces.delete(other, { account_id }), null);
  await refused(namespaces.delete(other, { account_id }), 404, 100119);
});

const { namespaces: kv } = cf.kv;
const title = fresh('kv');
let id;
await check('a KV namespace is made', async () => {
  const made = await kv.create({ account_id, title });
  assert.match(made.id, /^[0-9a-f]{32}$/);
  assert.equal(made.title, title);
  id = made.id;
});
await check('its title is its own', () => refused(kv.create({ account_id, title }), 400, 10014));
await check('it needs one', () => refused(kv.create({ account_id }), 400, 10019));
await check('pages of one item are all of the list', async () => {
  const second = await kv.create({ account_id, title: `${title}-2` });
  const list = await all(kv.list({ account_id, per_page: 1 }));
  const ids = list.map((each) => each.id);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.includes(id) && ids.includes(second.id));
  await kv.delete(second.id, { account_id });
});
await check('it gets another title', async () => {
  await kv.update(id, { account_id, title: `${title}-3` });
  assert.equal((await kv.get(id, { account_id })).title, `${title}-3`);
});
await check('it is deleted', async () => {
  await kv.delete(id, { account_id });
  await refused(kv.get(id, { account_id }), 404, 10013);
});
plan();
