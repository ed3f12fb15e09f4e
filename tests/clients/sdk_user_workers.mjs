// SPDX-License-Identifier: Apache-2.0
// A user Worker after its upload: content, settings, secrets, tags, lists.
import { all, assert, check, plan, refused } from './tap.mjs';
import { ask, cf, file, form, lua } from './server.mjs';
import { at, bindings, list, make, names, ns, path, put, remove, scripts, update, worker } from './user_workers.mjs';

const main_module = 'worker.lua';
const SECRET = 'a value that nobody may see';
const own = [
  { type: 'plain_text', name: 'WORD', text: 'hi' },
  { type: 'secret_text', name: 'KEY', text: SECRET },
  { type: 'json', name: 'CONF', json: { a: [1, true, null] } },
];
const silent = (answer) => assert.ok(!JSON.stringify(answer).includes(SECRET), 'a secret is told');
const same = (got, ...want) => assert.deepEqual(got.sort(), want.sort());

await make();
await update('one', { main_module, bindings: own, tags: ['red', 'big'] }, worker(lua('one')));
await update('two', { main_module, tags: ['blue', 'big'] }, worker(lua('two')));
await update('three', { main_module }, worker(lua('three')));

await check('a Worker tells of itself', async () => {
  const { dispatch_namespace, script } = await scripts.get('one', at);
  assert.equal(dispatch_namespace, ns);
  assert.deepEqual([script.id, script.tags, script.has_modules], ['one', ['red', 'big'], true]);
});
await check('not in a namespace that is not there', () =>
  refused(scripts.get('one', { ...at, dispatch_namespace: 'nobody' }), 404, 100119));
await check('its content comes in parts', async () => {
  const answer = await scripts.content.get('one', at);
  assert.equal(answer.headers.get('cf-entrypoint'), 'worker.lua');
  const part = (await answer.formData()).get('worker.lua');
  assert.equal(typeof part === 'string' ? part : await part.text(), lua('one'));
});
await check('new content keeps bindings', async () => {
  const metadata = JSON.stringify({ main_module });
  await scripts.content.update('one', { ...at, metadata, files: [worker(lua('other'))] });
  assert.deepEqual(await ask(ns, 'one'), [200, 'other']);
  assert.equal((await bindings('one')).length, 3);
});
await check('new content, its main module named by a header', async () => {
  const data = new FormData();
  data.set('worker.lua', worker(lua('again')));
  await cf.put(path('one', '/content'), { body: data, headers: { 'CF-WORKER-MAIN-MODULE-PART': 'worker.lua' } });
  assert.deepEqual(await ask(ns, 'one'), [200, 'again']);
});
await check('bindings are told, secrets without their value', async () => {
  const bound = await bindings('one');
  silent(bound);
  const of = (name) => bound.find((each) => each.name === name);
  assert.deepEqual([of('WORD'), of('CONF')], [own[0], own[2]]);
  assert.deepEqual(of('KEY'), { type: 'secret_text', name: 'KEY' });
});
await check('settings: what is named changes, a bare binding stays', async () => {
  const settings = { tags: ['red'], bindings: [{ ...own[0], text: 'ho' }, { type: 'secret_text', name: 'KEY' }] };
  const answer = await scripts.settings.edit('one', { ...at, settings: JSON.stringify(settings) });
  silent(answer);
  assert.deepEqual(answer.tags, ['red']);
  const bound = await bindings('one');
  same(bound.map((each) => each.name), 'WORD', 'KEY');
  assert.equal(bound.find((each) => each.name === 'WORD').text, 'ho');
});
await check('settings: a form as wrangler sends it', async () => {
  const data = new FormData();
  data.set('settings', JSON.stringify({ tags: ['red', 'big'] }));
  const { result } = await cf.patch(path('one', '/settings'), { body: data });
  assert.deepEqual([result.tags, result.bindings.length], [['red', 'big'], 2]);
});
await check('settings: a file as older SDKs send it', async () => {
  const data = new FormData();
  data.set('settings', new File(['{"logpush":false}'], 'settings', { type: 'application/json' }));
  assert.equal((await cf.patch(path('one', '/settings'), { body: data })).result.logpush, false);
});
await check('settings: objects as SDK 7 spells them', async () => {
  const answer = await scripts.settings.edit('one', { ...at, settings: { tags: ['red', 'new'], logpush: true } });
  assert.deepEqual([answer.tags, answer.logpush], [['red', 'new'], true]);
});

const secrets = async () => (await all(scripts.secrets.list('one', at))).map((each) => each.name);
await check('a secret is set, and not told', async () => {
  const set = await scripts.secrets.update('one', { ...at, name: 'PIN', text: SECRET, type: 'secret_text' });
  assert.deepEqual(set, { name: 'PIN', type: 'secret_text' });
  silent(await scripts.secrets.get('PIN', { ...at, script_name: 'one' }));
  same(await secrets(), 'KEY', 'PIN');
});
await check('secrets in bulk: null deletes', async () => {
  const set = { NEW: { name: 'NEW', type: 'secret_text', text: SECRET }, PIN: null };
  silent(await scripts.secrets.bulkUpdate('one', { ...at, secrets: set }));
  same(await secrets(), 'KEY', 'NEW');
});
await check('a secret is deleted, once', async () => {
  await scripts.secrets.delete('NEW', { ...at, script_name: 'one' });
  same(await secrets(), 'KEY');
  await refused(scripts.secrets.delete('NEW', { ...at, script_name: 'one' }), 404, 10056);
});
await check('no secret without a Worker', () =>
  refused(scripts.secrets.update('nobody', { ...at, name: 'X', text: 'x', type: 'secret_text' }), 404, 10007));

await check('tags are replaced, added, taken', async () => {
  assert.deepEqual(await all(scripts.tags.update('two', { ...at, body: ['blue', 'small'] })), ['blue', 'small']);
  await cf.put(path('two', '/tags/late'));
  await scripts.tags.delete('small', { ...at, script_name: 'two' });
  same(await all(scripts.tags.list('two', at)), 'blue', 'late');
  await refused(scripts.tags.update('two', { ...at, body: [...'123456789'] }), 400, 10021);
});
await check('lists by tags', async () => {
  same(await names({ tags: 'red:yes' }), 'one');
  same(await names({ tags: 'red:no' }), 'three', 'two');
  same(await names({ tags: 'red:no,blue:yes' }), 'two');
});
await check('lists by pages', async () => {
  const got = [];
  let cursor;
  do {
    const page = await cf.get(list, { query: { limit: 2, ...(cursor && { cursor }) } });
    assert.ok(page.result.length <= 2);
    got.push(...page.result.map((each) => each.script.id));
    ({ cursor } = page.result_info);
  } while (cursor);
  assert.deepEqual(got, ['one', 'three', 'two']);
});

await check('versions: every change made one, the one before runs again', async () => {
  const { result } = await cf.get(path('three', '/versions'));
  await put('three', { main_module }, [worker(lua('worse'))]);
  const later = (await cf.get(path('three', '/versions'))).result;
  assert.deepEqual([result.items.length, later.items.length], [1, 2]);
  await cf.post(path('three', '/rollback'), { body: {} });
  assert.deepEqual(await ask(ns, 'three'), [200, 'three']);
});
await check('a version without traffic, then all of it', async () => {
  const { result } = await cf.post(path('three', '/versions'),
    { body: form({ main_module }, file('worker.lua', lua('next'))) });
  assert.equal(typeof result.startup_time_ms, 'number');
  assert.deepEqual(await ask(ns, 'three'), [200, 'three']);
  await cf.post(path('three', '/deployments'),
    { body: { strategy: 'percentage', versions: [{ version_id: result.id, percentage: 100 }] } });
  assert.deepEqual(await ask(ns, 'three'), [200, 'next']);
});

await check('a Worker is deleted, once', async () => {
  await scripts.delete('one', { ...at, force: true });
  await refused(scripts.delete('one', at), 404, 10007);
  await refused(scripts.content.get('one', at), 404, 10007);
  assert.equal((await ask(ns, 'one'))[0], 404);
});
await check('Workers are deleted by tag, as many as asked', async () => {
  for (const name of ['x', 'y', 'z']) await put(name, { main_module, tags: ['old'] }, [worker(lua(name))]);
  const some = async () => (await cf.delete(list, { query: { tags: 'old:yes', limit: 2 } })).result;
  const first = await some();
  assert.deepEqual([first.deleted_count, first.deleted.length, first.has_more], [2, 2, true]);
  const second = await some();
  assert.deepEqual([second.deleted_count, second.has_more], [1, false]);
  same(await names(), 'three', 'two');
});
await remove();
plan();
