/* SPDX-License-Identifier: Apache-2.0 */
/* A new Worker that is nothing but files. */
import { h } from '../lib/dom.js';
import { plural } from '../lib/format.js';
import { go, link } from '../lib/router.js';
import { button, dialog, field, input, progress, toast } from '../lib/ui.js';
import { configForm } from './serve.js';
import { passedOver, siteOf, siteView } from './site.js';
import { deploy, mustBeNew, workerOf } from './source.js';
import { uploadAssets } from './upload.js';

/**
 * @param list    [{path, file}, ...]
 * @param asCode  what is done with them where they are meant as modules; null: they are not
 */
export async function newSite(ns, list, asCode) {
  const site = await siteOf(list);
  if (!site.files.length) throw Object.assign(new Error('There is no file in it that could be served.'), { hint: 'Hidden files and those that .assetsignore names are left out.' });
  const name = input({ name: 'name', required: true, placeholder: 'shop' });
  const message = input({ name: 'message', maxlength: 100, placeholder: 'What it is' });
  const form = configForm({}, true);
  const bar = progress('');
  bar.hidden = true;
  const d = dialog({ title: 'A Worker of files alone', wide: true, action: 'Deploy', body: [siteView(site),
    asCode && h('p', { class: 'gap' }, button('There is no script among them: add them to the code instead', () => {
      d.close();
      asCode();
    }, { small: true })),
    h('div', { class: 'gap' }), field('Name', name, 'Lower-case letters, digits, "-" and "_".'), form.el, field('Message', message), bar], run: async () => {
    const target = workerOf(ns, name.value.trim());
    bar.hidden = false;
    let doc;
    try {
      await mustBeNew(target);
      const told = (share, say) => bar.set(share, say);
      const { jwt } = await uploadAssets(target, site, told);
      told(null, 'Deploying');
      doc = await deploy(target, { main: '', files: [] }, { fresh: true, message: message.value.trim(), assets: { jwt, config: { ...form.value(), ...site.config } } });
    } finally {
      bar.hidden = true;
    }
    go(link(ns ? '/ns/{ns}/w/{name}' : '/workers/{name}', { ns, name: target.name }, { tab: 'assets' }));
    toast(`Deployed ${plural(site.files.length, 'asset')}`);
    const more = passedOver(doc);
    if (more) setTimeout(() => dialog({ title: target.name, body: more }));
  } });
}
