// SPDX-License-Identifier: Apache-2.0
// Values of a KV namespace.
import { randomBytes } from 'node:crypto';
import { all, assert, check, plan, refused } from './tap.mjs';
import { account, account_id, cf, fresh } from './server.mjs';

const { namespaces: kv } = cf.kv;
const { id } = await kv.create({ account_id, title: fresh('values') });
const at = { account_id, namespace_id: id };
const text = async (key) => (await kv.values.get(key, at)).text();
const names = async (prefix) => (await all(kv.keys.list(id, { account_id, prefix }))).map((each) => each.name);

await check('a text is put and got', async () => {
  await kv.values.update('one', { ...at, value: 'värde' });
  assert.equal(await text('one'), 'värde');
});
await check('bytes are put and got', async () => {
  const bytes = randomBytes(5000);
  await kv.values.update('bytes', { ...at, value: new File([bytes], 'v') });
  assert.deepEqual(Buffer.from(await (await kv.values.get('bytes', at)).arrayBuffer()), bytes);
});
await check('a body without a form is the value', async () => {
  await cf.put(`${account}/storage/kv/namespaces/${id}/values/raw`, {
    body: '--not\r\na form',
    headers: { 'content-type': 'text/plain;charset=UTF-8' },
  });
  assert.equal(await text('raw'), '--not\r\na form');
});
await check('metadata is JSON', async () => {
  await kv.values.update('meta', { ...at, value: 'v', metadata: JSON.stringify({ a: 1, b: ['x'] }) });
  assert.deepEqual(await kv.metadata.get('meta', at), { a: 1, b: ['x'] });
});
await check('metadata is an object', async () => {
  await kv.values.update('meta', { ...at, value: 'v', metadata: { a: 'x' } });
  assert.deepEqual(await kv.metadata.get('meta', at), { a: 'x' });
});
await check('there may be none', async () => {
  assert.equal(await kv.metadata.get('one', at), null);
});
await check('a value expires', async () => {
  await kv.values.update('ttl', { ...at, value: 'v', expiration_ttl: 600 });
  const [key] = await all(kv.keys.list(id, { account_id, prefix: 'ttl' }));
  const left = key.expiration - Date.now() / 1000;
  assert.ok(left > 500 && left < 700, `${left} s`);
  const answer = await kv.values.get('ttl', at);
  assert.equal(answer.headers.get('expiration'), String(key.expiration));
});
await check('but not too soon', () =>
  refused(kv.values.update('ttl', { ...at, value: 'v', expiration_ttl: 5 }), 400, 10034));
for (const key of ['a/b c%d', 'ünï€', 'q?x=1&y#z', 'plus+and:colon', '..x', 'a//b']) {
  await check(`a key ${JSON.stringify(key)}`, async () => {
    await kv.values.update(key, { ...at, value: `of ${key}` });
    assert.equal(await text(key), `of ${key}`);
    assert.ok((await names()).includes(key));
  });
}
await check('a key that is not there', () => refused(kv.values.get('nobody', at), 404, 10009));
await check('a value is deleted', async () => {
  await kv.values.delete('one', at);
  await refused(kv.values.get('one', at), 404, 10009);
  await kv.values.delete('one', at);
});
await check('many are put', async () => {
  const body = [...Array(25).keys()].map((n) => ({ key: `many-${String(n).padStart(2, '0')}`, value: `${n}` }));
  body[0] = { ...body[0], value: Buffer.from('zero').toString('base64'), base64: true };
  body[1] = { ...body[1], metadata: { m: 1 }, expiration_ttl: 3600 };
  const done = await kv.bulkUpdate(id, { account_id, body });
  assert.deepEqual(done, { successful_key_count: 25, unsuccessful_keys: [] });
  assert.equal(await text('many-00'), 'zero');
});
await check('pages are all of the list', async () => {
  const page = await kv.keys.list(id, { account_id, prefix: 'many-', limit: 10 });
  assert.equal(page.result.length, 10);
  assert.ok(page.result_info.cursor);
  assert.equal(new Set((await all(page)).map((each) => each.name)).size, 25);
  assert.deepEqual(await names('many-'), (await names('many-')).sort());
});
await check('many are got', async () => {
  const { values } = await kv.bulkGet(id, { account_id, keys: ['many-02', 'nobody'] });
  assert.deepEqual(values, { 'many-02': '2', nobody: null });
  const more = await kv.bulkGet(id, { account_id, keys: ['many-01'], type: 'json', withMetadata: true });
  assert.equal(more.values['many-01'].value, 1);
  assert.deepEqual(more.values['many-01'].metadata, { m: 1 });
});
await check('many are deleted', async () => {
  await kv.bulkDelete(id, { account_id, body: ['many-02', 'many-03'] });
  await cf.delete(`${account}/storage/kv/namespaces/${id}/bulk`, { body: ['many-04'] });
  assert.equal((await names('many-')).length, 22);
});
await check('the namespace goes with them', async () => {
  await kv.delete(id, { account_id });
  await refused(kv.values.get('many-00', at), 404, 10013);
});
plan();
