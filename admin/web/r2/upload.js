/* SPDX-License-Identifier: Apache-2.0 */
/* Uploads to a folder of a bucket: each with its progress; none replaces what is there unasked. */
import { upload, seg } from '../lib/api.js';
import { patiently } from '../lib/data.js';
import { add, fill, h } from '../lib/dom.js';
import { bytes, ms, plural } from '../lib/format.js';
import { icon } from '../lib/icons.js';
import { badge, button } from '../lib/ui.js';
import { PATH } from '../pages/r2.js';
import { PARTS_FROM, uploadParts } from './parts.js';

const AT_ONCE = 3;

function send(job, told, signal) {
  const { bucket, key, file, replace } = job;
  if (file.size >= PARTS_FROM) return uploadParts(job, told, signal);
  return patiently(() => upload('PUT', `${PATH}/${seg(bucket)}/objects/${seg(key)}`, {
    body: file, signal, told: (share) => told(share * file.size),
    headers: { 'Content-Type': file.type || 'application/octet-stream', ...(replace ? {} : { 'If-None-Match': '*' }) },
  }), signal);
}

function rowView(job) {
  const bar = h('progress', { max: 1, value: 0, 'aria-label': `Upload of ${job.key}` });
  const say = h('span', { class: 'muted' }, 'Waiting');
  const side = h('span', { class: 'actions' });
  const el = h('li', { class: 'upload' }, icon('file'), h('div', { class: 'upload-main' }, h('div', { class: 'wrap' }, job.key), bar, say), side);
  return { el, say: (text) => { say.textContent = text; }, share: (n) => { bar.value = n; }, side: (...kids) => fill(side, ...kids) };
}

/** {el, take([{path, file}, ...])}; done() after something was stored. */
export function uploads({ bucket, prefix, signal, done }) {
  const list = h('ul', { class: 'uploads' });
  const head = h('div', { class: 'uploads-head' });
  const box = h('section', { class: 'card upload-card', 'aria-label': 'Uploads', hidden: true }, head, list);
  const waiting = [];
  const counts = { running: 0, stored: 0, all: 0 };

  function tell() {
    const busy = counts.running + waiting.length > 0;
    fill(head, h('h2', { role: 'status' }, `${counts.stored} of ${plural(counts.all, 'file')} stored`), !busy && button('Close', () => {
      box.hidden = true;
      fill(list);
      Object.assign(counts, { stored: 0, all: 0 });
    }, { small: true }));
  }

  function failed(job, error) {
    const { row } = job;
    row.share(0);
    const again = (replace) => () => {
      waiting.push({ ...job, replace });
      row.say('Waiting');
      row.side();
      pump();
    };
    if (error.name === 'AbortError') {
      row.say('Stopped');
      row.side(button(`Try ${job.key} again`, again(job.replace), { kind: 'quiet', icon: 'upload', iconOnly: true, small: true }));
    } else if (error.status === 412) {
      row.say('There is one with this name. It was left as it is.');
      row.side(button('Replace', again(true), { small: true, 'aria-label': `Replace ${job.key}` }));
    } else {
      row.say(`${error.message.replace(/\.$/, '')}. ${error.hint ?? ''}`);
      row.side(badge('failed', 'bad'), button('Again', again(job.replace), { small: true, 'aria-label': `Try ${job.key} again` }));
    }
  }

  async function run(job) {
    const { row, file } = job;
    const stop = new AbortController();
    const leave = () => stop.abort();
    signal.addEventListener('abort', leave);
    row.side(button(`Stop ${job.key}`, () => stop.abort(), { kind: 'quiet', icon: 'close', iconOnly: true, small: true }));
    const began = performance.now();
    try {
      await send(job, (sent) => {
        row.share(file.size ? sent / file.size : 1);
        row.say(sent < file.size ? `${bytes(sent)} of ${bytes(file.size)}` : 'Storing');
      }, stop.signal);
      counts.stored++;
      row.share(1);
      row.say(`${bytes(file.size)} in ${ms(performance.now() - began)}`);
      row.side(badge('stored', 'good'));
    } catch (error) {
      failed(job, error);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  async function pump() {
    tell();
    while (waiting.length && counts.running < AT_ONCE && !signal.aborted) {
      counts.running++;
      run(waiting.shift()).then(() => {
        counts.running--;
        if (!counts.running && !waiting.length && !signal.aborted) done();
        pump();
      });
    }
  }

  function take(files) {
    if (!files.length) return;
    box.hidden = false;
    for (const { path, file } of files) {
      const job = { bucket, key: prefix + path, file, replace: false };
      job.row = rowView(job);
      add(list, job.row.el);
      waiting.push(job);
      counts.all++;
    }
    pump();
  }

  /* leaving the page ends what runs */
  const warn = (e) => counts.running && e.preventDefault();
  addEventListener('beforeunload', warn, { signal });
  return { el: box, take };
}
