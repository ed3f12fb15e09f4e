// SPDX-License-Identifier: Apache-2.0
// Live tails and tail handlers, with Cloudflare's SDK and the WebSocket that
// wrangler uses.
import WebSocket from 'ws';
import { assert, check, plan, refused } from './tap.mjs';
import { account, account_id, ask, cf, file, fresh, isTime, multipart } from './server.mjs';
import { make, ns, path, put, remove, worker } from './user_workers.mjs';

const { scripts } = cf.workers;
const main_module = 'worker.lua';
const followed = fresh('followed');
const caller = fresh('caller');
const code = `return {
  fetch = function(request) console.log("at", URL.new(request.url).pathname) return Response.new("ok") end,
  tail = function() end,
}`;
const upload = (name, more = {}) => {
  const params = { account_id, metadata: JSON.stringify({ main_module, ...more }), files: [file(main_module, code)] };
  return scripts.update(name, params, multipart);
};

/** A reader of trace-v1: next() is the next record. */
class Reader {
  constructor(url) {
    this.records = [];
    this.waiting = [];
    this.socket = new WebSocket(url, 'trace-v1');
    this.socket.on('message', (data) => {
      const record = JSON.parse(data);
      if (this.waiting.length) this.waiting.shift()(record);
      else this.records.push(record);
    });
    this.ended = new Promise((done) => {
      this.socket.on('close', done);
      this.socket.on('error', () => {});
    });
    this.opened = new Promise((done, failed) => {
      this.socket.on('open', done);
      this.socket.on('error', failed);
    });
  }

  next() {
    if (this.records.length) return this.records.shift();
    return new Promise((done, failed) => {
      this.waiting.push(done);
      setTimeout(() => failed(new Error('no record came')), 20000).unref();
    });
  }
}

await make();
await upload(followed);
const binding = { type: 'service', name: 'SVC', service: followed };
await put(caller, { main_module, bindings: [binding] }, [
  worker('return { fetch = function(request, env) return env.SVC:fetch(request) end }')]);

let tail;
await check('a tail is made', async () => {
  tail = await scripts.tail.create(followed, { account_id, body: { filters: [{ outcome: ['ok'] }] } });
  assert.match(tail.id, /^[0-9a-f]{32}$/);
  assert.match(tail.url, /^ws:/);
  assert.ok(isTime(tail.expires_at) && Date.parse(tail.expires_at) > Date.now());
});
await check('it is told', async () => {
  const got = await scripts.tail.get(followed, { account_id });
  assert.equal([got].flat()[0].id, tail.id);
});
await check('its WebSocket gets records', async () => {
  const reader = new Reader(tail.url);
  await reader.opened;
  assert.equal(reader.socket.protocol, 'trace-v1');
  for (const word of ['one', 'two', 'three']) assert.deepEqual(await ask(ns, caller, word), [200, 'ok']);
  for (const word of ['one', 'two', 'three']) {
    const record = await reader.next();
    assert.equal(record.scriptName, followed);
    assert.equal(record.outcome, 'ok');
    assert.ok(record.logs[0].message[0].endsWith(`/${word}`));
    assert.ok(Array.isArray(record.exceptions));
    assert.equal(record.event.request.method, 'GET');
    assert.equal(record.event.response.status, 200);
  }
  await scripts.tail.delete(tail.id, { account_id, script_name: followed });
  await reader.ended;
});
await check('it is over', async () => {
  await refused(scripts.tail.delete(tail.id, { account_id, script_name: followed }), 404, 10404);
  const late = new Reader(tail.url);
  await assert.rejects(late.opened);
});
await check('of what is not there', () =>
  refused(scripts.tail.create('nobody-there', { account_id, body: {} }), 404, 10007));
await check('of a user Worker', async () => {
  const { result } = await cf.post(path(caller, '/tails'), { body: {} });
  const reader = new Reader(result.url);
  await reader.opened;
  await ask(ns, caller, 'here');
  const record = await reader.next();
  assert.equal(record.dispatchNamespace, ns);
  await cf.delete(path(caller, `/tails/${result.id}`));
  await reader.ended;
});

const consumers = [{ service: followed }];
await check('tail_consumers are kept and given back', async () => {
  const named = fresh('named');
  const made = await upload(named, { tail_consumers: consumers });
  assert.deepEqual(made.tail_consumers, consumers);
  const settings = await scripts.scriptAndVersionSettings.get(named, { account_id });
  assert.deepEqual(settings.tail_consumers, consumers);
  const edited = await scripts.settings.edit(named, { account_id, tail_consumers: [] });
  assert.deepEqual(edited.tail_consumers, []);
  await scripts.delete(named, { account_id });
});
await check('a consumer that is not there is refused', () =>
  refused(upload(fresh('named'), { tail_consumers: [{ service: 'nobody-there' }] }), 400, 10144));
await check('who is given records is told', async () => {
  await cf.patch(path(caller, '/script-settings'), { body: { tail_consumers: consumers } });
  const { result } = await cf.get(`${account}/workers/tails/by-consumer/${followed}`);
  assert.deepEqual(result.map((each) => each.producer.service), [`${ns}/${caller}`]);
});
await remove();
await scripts.delete(followed, { account_id, force: true });
plan();
