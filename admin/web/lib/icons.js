/* SPDX-License-Identifier: Apache-2.0 */
/* Line icons on a 20 x 20 grid, drawn with the text's colour. */
import { svg } from './dom.js';

const PATHS = {
  home: 'M3 9.500 10 4l7 5.500M5 8.500V16h10V8.500',
  boxes: 'M3 4h6v5H3zM11 4h6v5h-6zM3 11h6v5H3zM11 11h6v5h-6z',
  worker: 'M4 5h12v10H4zM7 9l2 1.500L7 12M11 12h2',
  key: 'M12 8a3 3 0 1 0-3 3l1-.2L12 9zM10.500 10.500 16 16M14 14l1.500-1.500',
  list: 'M7 5h9M7 10h9M7 15h9M4 5h.1M4 10h.1M4 15h.1',
  gear: 'M10 7.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5zM10 3v2M10 15v2M3 10h2M15 10h2M5.050 5.050l1.400 1.400M13.550 13.550l1.400 1.400M5.050 14.950l1.400-1.400M13.550 6.450l1.400-1.400',
  data: 'M4 6c0-1.300 2.700-2 6-2s6 .7 6 2-2.700 2-6 2-6-.7-6-2zM4 6v8c0 1.300 2.700 2 6 2s6-.7 6-2V6M4 10c0 1.300 2.700 2 6 2s6-.7 6-2',
  table: 'M3 4h14v12H3zM3 8h14M8 8v8',
  bucket: 'M4 6h12l-1.500 10h-9zM4 6c0-1 2.700-2 6-2s6 1 6 2',
  queue: 'M3 6h4v8H3zM8.500 6h4v8h-4zM14 10h3M15.500 8.500 17 10l-1.500 1.500',
  globe: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM3 10h14M10 3c2.500 2.500 2.500 11.500 0 14M10 3c-2.500 2.500-2.500 11.500 0 14',
  plus: 'M10 4v12M4 10h12',
  search: 'M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4zM13 13l4 4',
  trash: 'M4 6h12M8 6V4h4v2M5.500 6l.8 10h7.400l.8-10',
  close: 'M5 5l10 10M15 5 5 15',
  sun: 'M10 7a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM10 2v2M10 16v2M2 10h2M16 10h2M4.500 4.500 6 6M14 14l1.500 1.500M4.500 15.500 6 14M14 6l1.500-1.500',
  moon: 'M16 12.500A7 7 0 0 1 7.500 4a6.500 6.500 0 1 0 8.500 8.500z',
  out: 'M8 4H4v12h4M12 7l3 3-3 3M15 10H8',
  menu: 'M3 5h14M3 10h14M3 15h14',
  up: 'M10 16V5M5.500 9.500 10 5l4.500 4.500',
  upload: 'M10 13V4M6 8l4-4 4 4M4 13v3h12v-3',
  file: 'M6 3h5l4 4v10H6zM11 3v4h4',
  folder: 'M3 5h5l1.500 2H17v9H3z',
  play: 'M6 4l10 6-10 6z',
  pause: 'M6 4v12M14 4v12',
  check: 'M4 10.500 8 15l8-10',
  warn: 'M10 3 2.500 16h15zM10 8v4M10 14h.1',
  clock: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4l3 2',
  back: 'M8 5 3 10l5 5M3 10h14',
  copy: 'M7 7h9v9H7zM13 7V4H4v9h3',
  keys: 'M3 5h14v10H3zM6 8h.1M9 8h.1M12 8h.1M14.500 8h.1M6 12h8',
  lock: 'M5 9h10v7H5zM7 9V7a3 3 0 0 1 6 0v2',
};

export function icon(name) {
  return svg('svg', { class: 'icon', viewBox: '0 0 20 20', 'aria-hidden': 'true' },
    svg('path', { d: PATHS[name] || PATHS.file }));
}
