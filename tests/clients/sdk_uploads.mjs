// SPDX-License-Identifier: Apache-2.0
// Every form in which clients upload a Worker, and uploads that are refused.
import { assert, check, plan, refused } from './tap.mjs';
import { ask, cf, file, form, fresh, isTime, lua } from './server.mjs';
import { at, bindings, make, names, ns, path, put, remove, scripts, update, worker } from './user_workers.mjs';

const main_module = 'worker.lua';
const metaFile = (metadata, ...parts) => {
  const data = new FormData();
  data.set('metadata', new File([JSON.stringify(metadata)], 'metadata', { type: 'application/json' }));
  for (const [name, each] of parts) data.append(name, each, each.name);
  return data;
};

await make();

await check('a Worker that is not there: the code that wrangler wants', () =>
  refused(scripts.get('nobody', at), 404, 10092));
await check('the SDK uploads', async () => {
  const made = await update('hello', { main_module, tags: ['a', 'b'] }, worker(lua('hello')));
  assert.equal(made.id, 'hello');
  assert.equal(typeof made.startup_time_ms, 'number');
  assert.ok(made.etag && isTime(made.created_on) && isTime(made.modified_on));
});
await check('what is uploaded is served at once', async () => {
  assert.deepEqual(await ask(ns, 'hello'), [200, 'hello']);
  await update('hello', { main_module }, worker(lua('hello again')));
  assert.deepEqual(await ask(ns, 'hello'), [200, 'hello again']);
});

// body, and what the Worker is called by
const forms = {
  'wrangler and curl': () => form({ main_module }, worker(lua('form'))),
  'with a stub that nobody runs': () =>
    form({ main_module }, file('stub.js', 'export default {}', 'application/javascript+module'), worker(lua('form'))),
  'the stub as main module, beside one Lua file': () =>
    form({ main_module: 'stub.js' },
      file('stub.js', 'export default {}', 'application/javascript+module'), worker(lua('form'))),
  'files of one name, SDK 5 and 6': () => metaFile({ main_module }, ['files', worker(lua('form'))]),
  'files by number, SDK 4': () => metaFile({ main_module }, ['0', worker(lua('form'))]),
  'labelled as JavaScript': () =>
    form({ main_module: 'worker.js' }, file('worker.js', lua('form'), 'application/javascript+module')),
  'labelled as bytes': () =>
    form({ main_module }, file('worker.lua', lua('form'), 'application/octet-stream')),
  'modules in folders': () =>
    form({ main_module: 'src/main.lua' },
      file('src/main.lua', "return { fetch = function() return Response.new(require('src/text')) end }"),
      file('src/text.lua', "return 'form'")),
};
for (const [name, body] of Object.entries(forms)) {
  await check(`upload: ${name}`, async () => {
    const worker = fresh('form');
    const { result } = await cf.put(path(worker), { body: body(), query: { excludeScript: 'true' } });
    assert.equal(result.id, worker);
    assert.deepEqual(await ask(ns, worker), [200, 'form']);
  });
}
await check('upload: one script as it is', async () => {
  await cf.put(path('raw'), { body: lua('raw'), headers: { 'Content-Type': 'application/javascript' } });
  assert.deepEqual(await ask(ns, 'raw'), [200, 'raw']);
});
await check('upload: objects as SDK 7 spells them', async () => {
  const metadata = {
    main_module,
    tags: ['one', 'two'],
    bindings: [
      { type: 'plain_text', name: 'WORD', text: 'hi' },
      { type: 'secret_text', name: 'KEY', text: 'hidden' },
      { type: 'json', name: 'CONF', json: { word: 'ho' } },
    ],
  };
  await scripts.update('brackets', { ...at, metadata, files: [worker(lua('brackets'))] });
  const bound = await bindings('brackets');
  assert.deepEqual(bound.map((each) => `${each.name} ${each.type}`).sort(),
    ['CONF json', 'KEY secret_text', 'WORD plain_text']);
  assert.deepEqual(bound.find((each) => each.name === 'CONF').json, { word: 'ho' });
  assert.deepEqual(await ask(ns, 'brackets'), [200, 'brackets']);
});
await check('what metadata says is kept and given back', async () => {
  const kept = {
    compatibility_date: '2026-01-01',
    compatibility_flags: ['nodejs_compat'],
    limits: { cpu_ms: 20 },
    observability: { enabled: true },
    logpush: false,
  };
  await put('kept', { main_module, ...kept }, [worker(lua('kept'))]);
  const settings = await scripts.settings.get('kept', at);
  for (const [key, value] of Object.entries(kept)) assert.deepEqual(settings[key], value, key);
});

// metadata, files, code, a word of the message
const bad = {
  'a main module that is not there': [{ main_module: 'no.lua' }, [worker(lua(''))], 10021, /no\.lua/],
  'syntax, with its line': [{ main_module }, [worker('local x\nreturn {{')], 10021, /worker\.lua:2: /],
  'a top level that fails': [{ main_module }, [worker("error('at once')")], 10021, /worker\.lua:1: at once/],
  'a binding of no known type':
    [{ main_module, bindings: [{ type: 'telepathy', name: 'X' }] }, [worker(lua(''))], 10021, /telepathy/],
  'a KV namespace that is not there':
    [{ main_module, bindings: [{ type: 'kv_namespace', name: 'X', namespace_id: '0'.repeat(32) }] },
      [worker(lua(''))], 10041, /000/],
  'a service that is not there':
    [{ main_module, bindings: [{ type: 'service', name: 'X', service: 'nobody' }] }, [worker(lua(''))], 10144, /nobody/],
  'nine tags': [{ main_module, tags: [...'123456789'] }, [worker(lua(''))], 10021, /8/],
  'a limit out of range': [{ main_module, limits: { cpu_ms: 0 } }, [worker(lua(''))], 10021, /cpu_ms/],
};
for (const [name, [metadata, files, code, word]] of Object.entries(bad)) {
  await check(`refused: ${name}`, async () => {
    const error = await refused(put('refused', metadata, files), 400, code);
    assert.match(error.errors[0].message, word);
  });
}
await check('refused: metadata that is no JSON', () => {
  const data = new FormData();
  data.set('metadata', '{ main');
  data.set('worker.lua', worker(lua('')));
  return refused(cf.put(path('refused'), { body: data }), 400, 10021);
});
await check('a refused upload leaves nothing', async () => {
  assert.ok(!(await names()).includes('refused'));
});
await check('nor does it touch what was there', async () => {
  await refused(put('hello', { main_module }, [worker('return {{')]), 400, 10021);
  assert.deepEqual(await ask(ns, 'hello'), [200, 'hello again']);
});
await check('secrets are kept where they are asked to be', async () => {
  const text = (name) => ({ type: 'plain_text', name, text: name });
  const secret = { type: 'secret_text', name: 'S', text: 'hidden' };
  const bound = async () => (await bindings('keep')).map((each) => each.name).sort();
  await put('keep', { main_module, bindings: [secret, text('P')] }, [worker(lua(''))]);
  await put('keep', { main_module, bindings: [text('Q')], keep_bindings: ['secret_text'] }, [worker(lua(''))]);
  assert.deepEqual(await bound(), ['Q', 'S']);
  const inherit = (name) => ({ main_module, bindings: [{ type: 'inherit', name }] });
  await put('keep', inherit('Q'), [worker(lua(''))], { bindings_inherit: 'strict' });
  assert.deepEqual(await bindings('keep'), [text('Q')]);
  await refused(put('keep', inherit('R'), [worker(lua(''))], { bindings_inherit: 'strict' }), 400, 10057);
});
await remove();
plan();
