/* SPDX-License-Identifier: Apache-2.0 */
/* Large files go in parts: a part that fails is sent again, not all of it. */
import { ApiError, api, seg, upload } from '../lib/api.js';
import { patiently } from '../lib/data.js';
import { PATH } from '../pages/r2.js';

export const PARTS_FROM = 32 * 1024 * 1024;
const PART_MIN = 16 * 1024 * 1024;
const PARTS_MAX = 10000;

async function isThere(bucket, key, signal) {
  const { result } = await api.get(`${PATH}/${seg(bucket)}/objects`, { prefix: key, per_page: 1 }, { signal });
  return result[0]?.key === key;
}

async function part(path, { number, body, key, told, signal }) {
  const { result } = await patiently(() => upload('PUT', `${path}/${number}`, { body, query: { key }, told, signal, headers: { 'Content-Type': 'application/octet-stream' } }), signal);
  return { partNumber: number, etag: result.etag };
}

/** told(bytes that were sent) */
export async function uploadParts({ bucket, key, file, replace }, told, signal) {
  if (!replace && await isThere(bucket, key, signal)) throw new ApiError(412, [{ code: 10031, message: 'There is one with this name' }]);
  const all = `${PATH}/${seg(bucket)}/uploads`;
  const { uploadId } = (await api.post(all, { key, httpMetadata: { contentType: file.type || 'application/octet-stream' } }, { signal })).result;
  const path = `${all}/${seg(uploadId)}`;
  const size = Math.max(PART_MIN, Math.ceil(file.size / PARTS_MAX));
  const parts = [];
  try {
    for (let from = 0; from < file.size; from += size) {
      const body = file.slice(from, from + size);
      parts.push(await part(path, { number: parts.length + 1, body, key, signal, told: (share) => told(from + share * body.size) }));
    }
    return await api.post(path, { key, parts }, { signal });
  } catch (error) {
    api.del(path, { query: { key } }).catch(() => {}); /* else it goes by itself after a week */
    throw error;
  }
}
