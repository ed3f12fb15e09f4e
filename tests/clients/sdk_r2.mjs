// SPDX-License-Identifier: Apache-2.0
// R2 buckets and their objects.
import { createHash, randomBytes } from 'node:crypto';
import { all, assert, check, plan, refused } from './tap.mjs';
import { account_id, cf, fresh, isTime } from './server.mjs';

const { buckets } = cf.r2;
const name = fresh('bucket');
const at = { account_id, bucket_name: name };
const keys = async (more = {}) =>
  (await all(buckets.objects.list(name, { account_id, ...more }))).map((each) => each.key);
const text = async (key) => (await buckets.objects.get(key, at)).text();

await check('a bucket is made', async () => {
  const made = await buckets.create({ account_id, name, locationHint: 'weur' });
  assert.equal(made.name, name);
  assert.ok(isTime(made.creation_date));
  assert.equal(made.storage_class, 'Standard');
});
await check('but once', () => refused(buckets.create({ account_id, name }), 409, 10004));
await check('its name is one', () =>
  refused(buckets.create({ account_id, name: 'No Name' }), 400, 10005));
await check('it is found', async () => assert.equal((await buckets.get(name, { account_id })).name, name));
await check('it is listed', async () => {
  const list = await buckets.list({ account_id, name_contains: name });
  assert.deepEqual(list.buckets.map((each) => each.name), [name]);
});
await check('its storage class is another', async () => {
  const done = await buckets.edit(name, { account_id, storage_class: 'InfrequentAccess' });
  assert.equal(done.storage_class, 'InfrequentAccess');
});
await check('an object is put', async () => {
  const bytes = randomBytes(200000);
  const done = await buckets.objects.upload('a/b c', bytes, { ...at, 'cf-r2-storage-class': 'Standard' });
  assert.equal(done.key, 'a/b c');
  assert.equal(done.etag, createHash('md5').update(bytes).digest('hex'));
  assert.equal(done.size, '200000');
  const got = await buckets.objects.get('a/b c', at);
  assert.deepEqual(Buffer.from(await got.arrayBuffer()), bytes);
});
for (const key of ['ünï€', 'q?x=1&y#z', 'plus+and:colon', 'dir/', 'a//b']) {
  await check(`a key ${JSON.stringify(key)}`, async () => {
    await buckets.objects.upload(key, `of ${key}`, at);
    assert.equal(await text(key), `of ${key}`);
    assert.ok((await keys()).includes(key));
    assert.equal((await buckets.objects.delete(key, at)).key, key);
  });
}
await check('objects come in pages', async () => {
  const made = [];
  for (let i = 10; i < 25; i += 1) {
    made.push(`p/${i}`);
    await buckets.objects.upload(`p/${i}`, 'x', at);
  }
  assert.deepEqual(await keys({ prefix: 'p/', per_page: 4 }), made);
});
await check('a get may be spared', async () => {
  const { etag } = await buckets.objects.upload('same', 'x', at);
  await assert.rejects(buckets.objects.get('same', { ...at, 'If-None-Match': `"${etag}"` }),
    (error) => error.status === 304);
});
await check('an object that is not there', () => refused(buckets.objects.get('nobody', at), 404, 10007));
await check('what has objects is not deleted', () =>
  refused(buckets.delete(name, { account_id }), 409, 10008));
await check('it is deleted when it is empty', async () => {
  for (const key of await keys()) await buckets.objects.delete(key, at);
  await buckets.delete(name, { account_id });
  await refused(buckets.get(name, { account_id }), 404, 10006);
});
plan();
