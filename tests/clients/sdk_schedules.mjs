// SPDX-License-Identifier: Apache-2.0
// Schedules of an account Worker, with Cloudflare's SDK.
import { assert, check, plan, refused } from './tap.mjs';
import { account_id, cf, file, fresh, isTime, lua, multipart } from './server.mjs';

const { scripts } = cf.workers;
const name = fresh('ticks');
const at = { account_id };
const put = (...crons) => scripts.schedules.update(name, { ...at, body: crons.map((cron) => ({ cron })) });
const crons = async () => (await scripts.schedules.get(name, at)).schedules.map((each) => each.cron);

await check('of no Worker', async () => {
  await refused(scripts.schedules.get(name, at), 404, 10007);
  await refused(put('0 5 * * *'), 404, 10007);
});
await scripts.update(name, {
  ...at, metadata: JSON.stringify({ main_module: 'worker.lua' }), files: [file('worker.lua', lua('hi'))],
}, multipart);
await check('none at first', async () => assert.deepEqual(await crons(), []));
await check('they are set', async () => {
  const { schedules } = await put('*/30 * * * *', '0 5 L * *');
  assert.deepEqual(schedules.map((each) => each.cron), ['*/30 * * * *', '0 5 L * *']);
  assert.ok(schedules.every((each) => isTime(each.created_on) && isTime(each.modified_on)));
  assert.deepEqual(await crons(), ['*/30 * * * *', '0 5 L * *']);
});
await check('what was read may be sent back', async () => {
  const { schedules } = await scripts.schedules.get(name, at);
  await scripts.schedules.update(name, { ...at, body: schedules });
  assert.deepEqual((await scripts.schedules.get(name, at)).schedules.map((each) => each.created_on),
    schedules.map((each) => each.created_on));
});
await check('others take their place', async () => {
  await put('0 6 * * 2#1');
  assert.deepEqual(await crons(), ['0 6 * * 2#1']);
});
await check('a wrong one changes nothing', async () => {
  const error = await refused(put('0 7 * * *', '61 * * * *'), 400, 10100);
  assert.match(error.errors[0].message, /'61 \* \* \* \*'.*minute/);
  assert.deepEqual(await crons(), ['0 6 * * 2#1']);
});
await check('none again', async () => {
  await put();
  assert.deepEqual(await crons(), []);
});
await scripts.delete(name, at);
plan();
