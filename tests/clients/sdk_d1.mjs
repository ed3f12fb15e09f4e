// SPDX-License-Identifier: Apache-2.0
// D1 databases: what Cloudflare's SDK does with them.
import { all, assert, check, plan, refused } from './tap.mjs';
import { account_id, cf } from './server.mjs';

const database = cf.d1.database;
const name = `sdk-${Date.now().toString(36)}`;
const made = await database.create({ account_id, name });
const id = made.uuid;
const query = async (sql, params) => (await database.query(id, { account_id, sql, params })).result;

await check('a new one has an id and its name', async () => {
  assert.match(id, /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/);
  assert.equal(made.name, name);
});
await check('a name is taken once', () => refused(database.create({ account_id, name }), 400, 7502));
await check('a name that is not legal is refused', () =>
  refused(database.create({ account_id, name: 'a b' }), 400, 7400));
await check('the list has it, and ends', async () => {
  const list = await all(database.list({ account_id }));
  assert.ok(list.some((each) => each.uuid === id && each.name === name));
});
await check('the list by name has it alone', async () => {
  assert.deepEqual((await all(database.list({ account_id, name }))).map((each) => each.uuid), [id]);
});
await check('it is found by id and by name', async () => {
  assert.equal((await database.get(id, { account_id })).name, name);
  assert.equal((await database.get(name, { account_id })).uuid, id);
});
await check('a table is made', async () => {
  const [one, ...more] = await query('create table t (id integer primary key, v text, n real)');
  assert.deepEqual([one.success, one.results, more], [true, [], []]);
  assert.equal(typeof one.meta.duration, 'number');
});
await check('an insert tells what it did', async () => {
  const [one] = await query('insert into t (v, n) values (?, ?), (?, ?)', ['x', 1.5, 'y', null]);
  assert.deepEqual([one.meta.changes, one.meta.last_row_id, one.meta.changed_db], [2, 2, true]);
});
await check('rows are objects', async () => {
  const [one] = await query('select id, v, n from t where v in (?1, ?2) order by id', ['x', 'y']);
  assert.deepEqual(one.results, [{ id: 1, v: 'x', n: 1.5 }, { id: 2, v: 'y', n: null }]);
});
await check('many statements have a result each', async () => {
  const results = await query("insert into t (v) values ('z'); select count(*) as c from t;");
  assert.deepEqual(results.map((each) => each.results), [[], [{ c: 3 }]]);
});
await check('a batch is one transaction', async () => {
  const batch = [{ sql: 'select ? as a', params: ['1'] }, { sql: 'select count(*) as c from t' }];
  const { result } = await database.query(id, { account_id, batch });
  assert.deepEqual(result.map((each) => each.results), [[{ a: '1' }], [{ c: 3 }]]);
  const half = [{ sql: 'delete from t' }, { sql: 'selekt' }];
  await refused(database.query(id, { account_id, batch: half }), 400, 7500);
  assert.deepEqual((await query('select count(*) as c from t'))[0].results, [{ c: 3 }]);
});
await check('raw rows are arrays', async () => {
  const { result } = await database.raw(id, { account_id, sql: 'select id, v from t order by id' });
  assert.deepEqual(result[0].results,
    { columns: ['id', 'v'], rows: [[1, 'x'], [2, 'y'], [3, 'z']] });
});
await check('values keep their kind', async () => {
  const [one] = await query(`select 9007199254740991 as i, 0.1 as r, x'00ff' as b, 'ä"\\' as t, 1e999 as inf`);
  assert.deepEqual(one.results, [{ i: 9007199254740991, r: 0.1, b: [0, 255], t: 'ä"\\', inf: null }]);
});
await check('what SQLite refuses is told', async () => {
  const error = await query('selekt 1').catch((each) => each);
  assert.equal(error.status, 400);
  assert.deepEqual(error.errors[0],
    { code: 7500, message: 'near "selekt": syntax error: SQLITE_ERROR' });
});
await check('a query without SQL is refused', () =>
  refused(database.query(id, { account_id }), 400, 7400));
await check('a missing one is told', () =>
  refused(database.query('00000000-0000-4000-8000-000000000000', { account_id, sql: 'select 1' }), 404, 7404));
await check('it is deleted', async () => {
  await database.delete(id, { account_id });
  await refused(database.get(id, { account_id }), 404, 7404);
});
plan();
