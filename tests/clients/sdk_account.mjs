// SPDX-License-Identifier: Apache-2.0
// Who asks, and for which account.
import { all, assert, check, plan, refused } from './tap.mjs';
import { account, account_id, cf, client, url } from './server.mjs';

const namespaces = (who) => who.workersForPlatforms.dispatch.namespaces;
const nobody = client('x'.repeat(40));

await check('a token verifies itself', async () => {
  const { id, status } = await cf.user.tokens.verify();
  assert.match(id, /^[0-9a-f]{32}$/);
  assert.equal(status, 'active');
});
await check('and as one of its account', async () => {
  const { result } = await cf.get(`${account}/tokens/verify`);
  assert.equal(result.status, 'active');
});
await check('a wrong token does not', () => refused(nobody.user.tokens.verify(), 401, 1000));
await check('a wrong token does nothing', () =>
  refused(namespaces(nobody).list({ account_id }), 401, 10000));
await check('no token is refused', async () => {
  const answer = await fetch(url(`${account}/workers/dispatch/namespaces`));
  assert.equal(answer.status, 400);
  const { success, errors } = await answer.json();
  assert.deepEqual([success, errors[0].code], [false, 9106]);
});
await check('the list of accounts has the one there is, and ends', async () => {
  const list = await all(cf.accounts.list());
  assert.deepEqual(list.map((each) => each.id), [account_id]);
});
await check('the account is known by its id', async () => {
  assert.equal((await cf.accounts.get({ account_id })).id, account_id);
});
await check('another account is refused', () =>
  refused(namespaces(cf).list({ account_id: '0'.repeat(32) }), 404, 7003));
await check('an unknown route says so', () => refused(cf.get(`${account}/workers/nothing`), 404, 7003));
await check('a wrong method says so', () =>
  refused(cf.patch(`${account}/workers/dispatch/namespaces`, { body: {} }), 405, 10405));
await check('success has the whole envelope', async () => {
  const answer = await cf.get(`${account}/workers/dispatch/namespaces`).asResponse();
  assert.match(answer.headers.get('content-type'), /^application\/json\b/);
  const body = await answer.json();
  assert.deepEqual([body.success, body.errors, body.messages], [true, [], []]);
  assert.ok(Array.isArray(body.result));
});
plan();
