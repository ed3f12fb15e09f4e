// SPDX-License-Identifier: Apache-2.0
// A dispatcher: an account Worker, its secrets, versions and deployments.
import { all, assert, check, plan, refused } from './tap.mjs';
import { account, account_id, cf, file, fresh, lua, multipart } from './server.mjs';
import { make, ns, remove } from './user_workers.mjs';

const { scripts } = cf.workers;
const name = fresh('dispatcher');
const path = (rest) => `${account}/workers/scripts/${name}${rest}`;
const main_module = 'worker.lua';
const upload = (namespace, which = name) => {
  const metadata = { main_module, bindings: [{ type: 'dispatch_namespace', name: 'DISPATCHER', namespace }] };
  const params = { account_id, metadata: JSON.stringify(metadata), files: [file(main_module, lua('hi'))] };
  return scripts.update(which, params, multipart);
};

await make();
await check('one that is not there', () => refused(cf.get(path('/settings')), 404, 10007));
await check('it is uploaded', async () => assert.equal((await upload(ns)).id, name));
await check('not with a namespace that is not there', () =>
  refused(upload('nobody', `${name}-2`), 400, 100119));
await check('it is listed', async () => {
  const list = await all(scripts.list({ account_id }));
  assert.equal(list.filter((each) => each.id === name).length, 1);
});
await check('its binding is told', async () => {
  const { bindings } = (await cf.get(path('/settings'))).result;
  assert.deepEqual(bindings, [{ type: 'dispatch_namespace', name: 'DISPATCHER', namespace: ns }]);
});
await check('its secrets', async () => {
  await scripts.secrets.update(name, { account_id, name: 'KEY', text: 'hidden', type: 'secret_text' });
  assert.deepEqual(await all(scripts.secrets.list(name, { account_id })), [{ name: 'KEY', type: 'secret_text' }]);
  await scripts.secrets.delete('KEY', { account_id, script_name: name });
  assert.deepEqual(await all(scripts.secrets.list(name, { account_id })), []);
});
await check('its versions and deployments', async () => {
  const { items } = await scripts.versions.list(name, { account_id }).then((page) => page.result);
  assert.equal(items.length, 3);
  const one = await scripts.versions.get(items[0].id, { account_id, script_name: name });
  assert.equal(one.id, items[0].id);
  const before = (await scripts.deployments.list(name, { account_id })).result;
  assert.equal(before.deployments[0].versions[0].version_id, items[0].id);
  await scripts.deployments.create(name, {
    account_id,
    strategy: 'percentage',
    versions: [{ version_id: items[0].id, percentage: 90 }, { version_id: items[2].id, percentage: 10 }],
  });
  const after = (await scripts.deployments.list(name, { account_id })).result;
  assert.deepEqual(after.deployments[0].versions.map((each) => each.percentage).sort(), [10, 90]);
});
await check('shares that do not make 100 are refused', async () => {
  const { items } = await scripts.versions.list(name, { account_id }).then((page) => page.result);
  await refused(scripts.deployments.create(name, {
    account_id,
    strategy: 'percentage',
    versions: [{ version_id: items[0].id, percentage: 90 }],
  }), 400, 10012);
});
await check('what wrangler asks after a deploy', async () => {
  const seen = await cf.workers.beta.workers.get(name, { account_id });
  assert.equal(seen.name, name);
  assert.equal(typeof seen.subdomain.enabled, 'boolean');
});
await check('it is deleted', async () => {
  await scripts.delete(name, { account_id, force: true });
  await refused(scripts.delete(name, { account_id }), 404, 10007);
});
await remove();
plan();
