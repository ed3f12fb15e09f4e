/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Charts over time: lines, filled or not, and stacked bars. What they show is in
 * a label for those who cannot see them, and under the pointer for those who can.
 */
import { fill, h, newId, svg } from './dom.js';
import { short } from './format.js';

const HEIGHT = 170; /* px, as style.css has it */
const WIDTH = 320; /* until it is known */
const LEFT = 56;
const BOTTOM = 22;
const TOP = 10;
const RIGHT = 8;

/** A round number not below max, that four lines divide well. */
function ceiling(max) {
  if (!(max > 0)) return 1;
  const ten = 10 ** Math.floor(Math.log10(max));
  return [1, 2, 4, 5, 8, 10].find((m) => m * ten >= max) * ten;
}

function clock(t, span) {
  const d = new Date(t);
  return span > 2 * 86400e3 ? d.toLocaleDateString([], { month: 'short', day: 'numeric' })
    : d.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}

function scales(points, top, width) {
  const first = points[0].t;
  const span = Math.max(points[points.length - 1].t - first, 1);
  return {
    span,
    width,
    x: (t) => LEFT + (width - LEFT - RIGHT) * (t - first) / span,
    y: (v) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - v / top),
  };
}

function grid(points, top, to, format) {
  const out = [];
  for (let i = 0; i <= 2; i++) {
    const v = top * i / 2;
    out.push(svg('line', { class: 'grid', x1: LEFT, x2: to.width - RIGHT, y1: to.y(v), y2: to.y(v) }),
      svg('text', { x: LEFT - 6, y: to.y(v) + 4, 'text-anchor': 'end' }, format(v)));
  }
  const steps = Math.min(4, points.length - 1, Math.floor((to.width - LEFT - RIGHT) / 96));
  for (let i = 0; i <= steps; i++) {
    const p = points[Math.round((points.length - 1) * i / Math.max(steps, 1))];
    out.push(svg('text', {
      x: to.x(p.t), y: HEIGHT - 6, 'text-anchor': i === 0 ? 'start' : i === steps ? 'end' : 'middle',
    }, clock(p.t, to.span)));
  }
  return out;
}

function lines(points, series, to, kind) {
  return series.flatMap((s, i) => {
    const path = points.map((p, n) => `${n ? 'L' : 'M'}${to.x(p.t).toFixed(1)} ${to.y(p[s.key] ?? 0).toFixed(1)}`).join('');
    const area = `${path}L${to.x(points[points.length - 1].t).toFixed(1)} ${to.y(0)}L${LEFT} ${to.y(0)}Z`;
    return [kind === 'area' && i === 0 ? svg('path', { class: `area s${s.colour ?? i + 1}`, d: area }) : null,
      svg('path', { class: `line s${s.colour ?? i + 1}`, d: path })];
  });
}

function bars(points, series, to) {
  const width = Math.max(1, (to.width - LEFT - RIGHT) / points.length * 0.75);
  return points.flatMap((p) => {
    let below = 0;
    return series.map((s, i) => {
      const v = p[s.key] ?? 0;
      const y = to.y(below + v);
      const bar = v > 0 && svg('rect', {
        class: `bar s${s.colour ?? i + 1}`, x: to.x(p.t) - width / 2, width, y, height: to.y(below) - y,
      });
      below += v;
      return bar;
    });
  });
}

function follow(drawing, points, series, to, format, tip) {
  const cursor = svg('line', { class: 'cursor', y1: TOP, y2: HEIGHT - BOTTOM, visibility: 'hidden' });
  drawing.append(cursor);
  const show = (p) => {
    cursor.setAttribute('visibility', 'visible');
    cursor.setAttribute('x1', to.x(p.t));
    cursor.setAttribute('x2', to.x(p.t));
    fill(tip, h('strong', null, new Date(p.t).toLocaleString()), series.map((s, i) => h('span', null,
      h('i', { class: `dot s${s.colour ?? i + 1}` }), `${s.label} ${format(p[s.key] ?? 0)}`)));
  };
  drawing.addEventListener('pointermove', (e) => {
    const box = drawing.getBoundingClientRect();
    const x = (e.clientX - box.left) / box.width * to.width;
    show(points.reduce((a, b) => Math.abs(to.x(b.t) - x) < Math.abs(to.x(a.t) - x) ? b : a));
  });
  drawing.addEventListener('pointerleave', () => {
    cursor.setAttribute('visibility', 'hidden');
    legend(tip, points, series, format);
  });
}

function legend(tip, points, series, format) {
  const last = points[points.length - 1];
  fill(tip, series.map((s, i) => h('span', null, h('i', { class: `dot s${s.colour ?? i + 1}` }),
    `${s.label} ${last ? format(last[s.key] ?? 0) : ''}`)));
}

/**
 * chart({title, points: [{t: ms, KEY: number}], series: [{key, label, colour}],
 * kind: 'area' | 'line' | 'bars', format, note})
 */
export function chart({ title, points, series, kind = 'area', format = short, note }) {
  const id = newId('c');
  const tip = h('div', { class: 'legend' });
  const frame = h('figure', { class: 'chart', 'aria-labelledby': id },
    h('figcaption', { id }, title, note && h('span', { class: 'muted' }, ` ${note}`)));
  if (!points.length) {
    frame.append(h('p', { class: 'chart-none muted' }, 'Nothing in this time'));
    return frame;
  }
  const sums = points.map((p) => series.reduce((n, s) => kind === 'bars' ? n + (p[s.key] ?? 0) : Math.max(n, p[s.key] ?? 0), 0));
  const top = ceiling(Math.max(...sums));
  const told = series.map((s) => `${s.label}: last ${format(points[points.length - 1][s.key] ?? 0)}, greatest ${format(Math.max(...points.map((p) => p[s.key] ?? 0)))}`);
  const place = h('div', { class: 'chart-place' });
  const draw = (width) => {
    const to = scales(points, top, width);
    const drawing = svg('svg', { viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', 'aria-label': `${title}. ${told.join('. ')}` },
      grid(points, top, to, format), kind === 'bars' ? bars(points, series, to) : lines(points, series, to, kind));
    follow(drawing, points, series, to, format, tip);
    fill(place, drawing);
  };
  draw(WIDTH);
  legend(tip, points, series, format);
  frame.append(place, tip);
  /* drawn as wide as it is, so that its texts are as large as others */
  new ResizeObserver(([e]) => {
    const width = Math.round(e.contentRect.width);
    if (width > 2 * LEFT) draw(width);
  }).observe(place);
  return frame;
}

/** How full something is. */
export function gauge(label, part, all, text) {
  const share = all > 0 ? Math.min(1, part / all) : 0;
  return h('div', { class: 'gauge' }, h('div', { class: 'gauge-head' }, h('span', null, label), h('span', { class: 'muted' }, text)),
    h('meter', { min: 0, max: 1, high: 0.85, value: share, 'aria-label': `${label}: ${text}` }));
}
