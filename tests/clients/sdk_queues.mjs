// SPDX-License-Identifier: Apache-2.0
// Queues, with Cloudflare's SDK.
import { all, assert, check, plan, refused } from './tap.mjs';
import { account_id, cf } from './server.mjs';

const { queues } = cf;
const at = { account_id };
const queue_name = `sdk-${Date.now().toString(36)}`;
const made = await queues.create({ ...at, queue_name });
const id = made.queue_id;

await check('a queue is there', async () => {
  assert.equal((await queues.get(id, at)).queue_name, queue_name);
  assert.ok((await all(queues.list(at))).some((each) => each.queue_id === id));
});
await check('settings', async () => {
  const got = await queues.edit(id, { ...at, settings: { delivery_paused: true } });
  assert.equal(got.settings.delivery_paused, true);
  const put = await queues.update(id, { ...at, queue_name, settings: { delivery_paused: false } });
  assert.equal(put.settings.delivery_paused, false);
});
await check('consumers', async () => {
  const one = await queues.consumers.create(id, { ...at, type: 'http_pull', settings: { max_retries: 9 } });
  assert.equal(one.settings.max_retries, 9);
  const got = await queues.consumers.get(one.consumer_id, { ...at, queue_id: id });
  assert.equal(got.type, 'http_pull');
  const [listed] = await all(queues.consumers.list(id, at));
  assert.equal(listed.consumer_id, one.consumer_id);
  const put = await queues.consumers.update(one.consumer_id, { ...at, queue_id: id, type: 'http_pull' });
  assert.equal(put.settings.max_retries, 3);
});
await check('messages', async () => {
  await queues.messages.push(id, { ...at, body: { a: 1 }, content_type: 'json' });
  await queues.messages.bulkPush(id, { ...at, messages: [{ body: 'two', content_type: 'text' }, { body: 3 }] });
  assert.equal((await queues.getMetrics(id, at)).backlog_count, 3);
  const { messages } = await queues.messages.pull(id, { ...at, batch_size: 10, visibility_timeout_ms: 60000 });
  assert.equal(messages.length, 3);
  assert.deepEqual(JSON.parse(Buffer.from(messages[0].body, 'base64')), { a: 1 });
  assert.equal(messages[1].body, 'two');
  const told = await queues.messages.ack(id, {
    ...at, acks: [{ lease_id: messages[0].lease_id }], retries: [{ lease_id: messages[1].lease_id, delay_seconds: 9 }],
  });
  assert.equal(told.ackCount, 1);
  assert.equal(told.retryCount, 1);
});
await check('purge', async () => {
  assert.equal((await queues.purge.start(id, { ...at, delete_messages_permanently: true })).queue_id, id);
  assert.equal((await queues.getMetrics(id, at)).backlog_count, 0);
});
await check('removed', async () => {
  const [one] = await all(queues.consumers.list(id, at));
  await queues.consumers.delete(one.consumer_id, { ...at, queue_id: id });
  await queues.delete(id, at);
  await refused(queues.get(id, at), 404, 11000);
});
plan();
