/* SPDX-License-Identifier: Apache-2.0 */
/* Access keys of the S3 endpoint for a bucket: who has one, a new one. */
import { api, may } from '../lib/api.js';
import { h } from '../lib/dom.js';
import { listing } from '../lib/listing.js';
import { badge, dialog, field, input, note, select } from '../lib/ui.js';
import { showSecret } from '../pages/tokens.js';

const TOKENS = '~/tokens';

const EACH = 8;

/** Keys that reach the bucket, a few at a time: there may be many. */
function keyTable(bucket) {
  return listing({
    query: new URLSearchParams(), isInside: true, each: EACH, caption: 'Keys that reach this bucket', label: 'Search keys by name',
    read: async ({ text, page, each }) => {
      const doc = await api.get(TOKENS, { bucket, page, per_page: each, name_contains: text, direction: 'desc' });
      return { rows: doc.result, total: doc.result_info.total_count };
    },
    none: () => h('p', { class: 'muted' }, 'No key reaches this bucket yet.'),
    columns: [
      { label: 'Name', cell: (t) => t.name }, { label: 'Access key', cell: (t) => h('code', null, t.id) },
      { label: 'Role', cell: (t) => badge(t.role) }, { label: 'Reaches', cell: (t) => t.buckets?.length ? t.buckets.join(', ') : 'every bucket' },
    ],
  });
}

export default function keys(bucket) {
  const how = h('p', null, 'What speaks S3 (boto3, s3cmd, rclone, the AWS CLI) finds the bucket at the server\'s S3 endpoint, where httpd has ', h('code', null, 'SetHandler wfp-s3'), '.');
  if (!may('admin')) {
    dialog({ title: 'Use by S3', body: [how, note('Keys are made by a token of the role admin.')] });
    return;
  }
  const name = input({ name: 'name', required: true, maxlength: 120, placeholder: 'backup' });
  const role = select([['deploy', 'Read and write'], ['read', 'Read only']], { name: 'role' });
  dialog({ title: 'Use by S3', wide: true, action: 'Make a key', body: [how, h('h3', { class: 'gap' }, 'Keys'), keyTable(bucket),
    h('h3', { class: 'gap' }, 'A new key for this bucket alone'), field('Name', name, 'What it is for. Keys are revoked on the page Tokens.'), field('May', role)],
  run: async (close) => {
    const made = (await api.post(TOKENS, { name: name.value.trim(), role: role.value, s3: true, buckets: [bucket] })).result;
    close();
    showSecret(made, () => {});
    return false;
  } });
}
