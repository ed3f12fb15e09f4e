/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Charts over time: lines, filled or not, and stacked bars. What they show is in
 * a label and a table for those who cannot see them; single values are under the
 * pointer, and at the arrow keys.
 */
import { add, fill, h, newId, svg } from './dom.js';
import { short } from './format.js';

const HEIGHT = 170; /* px, as style.css has it */
const WIDTH = 320; /* until it is known */
const LEFT = 56;
const BOTTOM = 22;
const TOP = 10;
const RIGHT = 8;

/** A round number not below max, whose half is round, too; of a count it is whole. */
function ceiling(max, isCount) {
  if (!(max > 0)) return isCount ? 2 : 1;
  const ten = 10 ** Math.floor(Math.log10(max));
  const steps = isCount && ten === 1 ? [2, 4, 6, 8, 10] : [1, 2, 4, 5, 8, 10];
  return steps.find((m) => m * ten >= max) * ten;
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

/** When a point is, as people say it. */
function moment(p, bucket) {
  const d = new Date(p.t);
  return bucket === 'day' ? d.toLocaleDateString([], { dateStyle: 'medium', timeZone: 'UTC' }) : d.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
}

const dot = (s, i) => h('i', { class: `dot s${s.colour ?? i + 1}` });

/* The point under the pointer, or where the arrow keys are. show(index or -1). */
function cursorOf(drawing, about, to, tip) {
  const { points, series, format, bucket } = about;
  const line = svg('line', { class: 'cursor', y1: TOP, y2: HEIGHT - BOTTOM, visibility: 'hidden' });
  const marks = series.map((s, i) => svg('circle', { class: `mark s${s.colour ?? i + 1}`, r: 3.5, visibility: 'hidden' }));
  add(drawing, line, about.kind === 'bars' ? [] : marks);
  return (at) => {
    const p = points[at];
    for (const el of [line, ...marks]) el.setAttribute('visibility', p ? 'visible' : 'hidden');
    if (!p) {
      legend(tip, about);
      return '';
    }
    line.setAttribute('x1', to.x(p.t));
    line.setAttribute('x2', to.x(p.t));
    series.forEach((s, i) => {
      marks[i].setAttribute('cx', to.x(p.t));
      marks[i].setAttribute('cy', to.y(p[s.key] ?? 0));
    });
    fill(tip, h('strong', null, moment(p, bucket)), series.map((s, i) => h('span', null, dot(s, i), `${s.label} ${format(p[s.key] ?? 0)}`)));
    return `${moment(p, bucket)}: ${series.map((s) => `${s.label} ${format(p[s.key] ?? 0)}`).join(', ')}`;
  };
}

const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };

/**
 * Values under the pointer, and by the arrow keys for who has none: those are
 * said, too. The frame has the focus, so that a new drawing does not lose it.
 */
function follow(place, points, told) {
  let show = () => '';
  let at = -1;
  place.addEventListener('pointermove', (e) => {
    const box = place.getBoundingClientRect();
    const x = e.clientX - box.left;
    const to = place.scale;
    at = points.reduce((best, p, i) => Math.abs(to.x(p.t) - x) < Math.abs(to.x(points[best].t) - x) ? i : best, 0);
    show(at);
  });
  place.addEventListener('pointerleave', () => show(at = -1));
  place.addEventListener('keydown', (e) => {
    const step = STEPS[e.key];
    if (step === undefined && e.key !== 'Escape') return;
    e.preventDefault();
    if (e.key === 'Escape') at = -1;
    else at = Math.max(0, Math.min(points.length - 1, (at < 0 ? points.length - (step < 0 ? 0 : 1) : at) + step));
    told.textContent = show(at);
  });
  place.addEventListener('blur', () => {
    show(at = -1);
    told.textContent = '';
  });
  return (shows) => {
    show = shows;
    if (at >= 0) show(at);
  };
}

function legend(tip, { points, series, format }) {
  const last = points[points.length - 1];
  fill(tip, series.map((s, i) => h('span', null, dot(s, i), `${s.label} ${last ? format(last[s.key] ?? 0) : ''}`)));
}

/** The same numbers as a table, made when it is opened. */
function asTable({ title, points, series, format, bucket }) {
  const place = h('div', { class: 'chart-table', tabindex: 0, role: 'region', 'aria-label': `${title}: all values` });
  const el = h('details', { class: 'chart-data' }, h('summary', null, 'Values', h('span', { class: 'sr' }, ` of ${title}`)), place);
  el.addEventListener('toggle', () => {
    if (!el.open || place.childElementCount) return;
    fill(place, h('table', null, h('caption', { class: 'sr' }, title),
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Time'), series.map((s) => h('th', { scope: 'col', class: 'num' }, s.label)))),
      h('tbody', null, [...points].reverse().map((p) => h('tr', null, h('th', { scope: 'row' }, moment(p, bucket)), series.map((s) => h('td', { class: 'num' }, format(p[s.key] ?? 0))))))));
  });
  return el;
}

/**
 * chart({title, points: [{t: ms, KEY: number}], series: [{key, label, colour}],
 * kind: 'area' | 'line' | 'bars', format, note, bucket: how long a point is})
 */
export function chart({ title, points, series, kind = 'area', format = short, note, bucket }) {
  const about = { title, points, series, kind, format, bucket };
  const id = newId('c');
  const frame = h('figure', { class: 'chart', 'aria-labelledby': id },
    h('figcaption', { id }, title, note && h('span', { class: 'muted' }, ` ${note}`)));
  if (!points.length) {
    frame.append(h('p', { class: 'chart-none muted' }, 'Nothing in this time'));
    return frame;
  }
  const tip = h('div', { class: 'legend' });
  const told = h('span', { class: 'sr', role: 'status' });
  const sums = points.map((p) => series.reduce((n, s) => kind === 'bars' ? n + (p[s.key] ?? 0) : Math.max(n, p[s.key] ?? 0), 0));
  const top = ceiling(Math.max(...sums), format === short);
  const greatest = series.map((s) => `${s.label}: last ${format(points[points.length - 1][s.key] ?? 0)}, greatest ${format(Math.max(...points.map((p) => p[s.key] ?? 0)))}`);
  const place = h('div', { class: 'chart-place', tabindex: 0, role: 'group', 'aria-label': `${title}: the arrow keys go through its values` });
  const followed = follow(place, points, told);
  const draw = (width) => {
    const to = scales(points, top, width);
    const drawing = svg('svg', { viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', 'aria-label': `${title}. ${greatest.join('. ')}` },
      grid(points, top, to, format), kind === 'bars' ? bars(points, series, to) : lines(points, series, to, kind));
    place.scale = to;
    fill(place, drawing);
    followed(cursorOf(drawing, about, to, tip));
  };
  draw(WIDTH);
  legend(tip, about);
  add(frame, place, tip, told, asTable(about));
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
