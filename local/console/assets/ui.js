// What all views share: markup, data of the API, numbers and times in words, and small components.
import { h } from './vendor/preact.mjs';
import { useEffect, useRef, useState } from './vendor/hooks.mjs';
import htm from './vendor/htm.mjs';
import { call, cloud, mayChange } from './cloud.js';

export const html = htm.bind(h);

// useData reads a path of the API, and reads it again when key changes. What was read before stays until then. It rests between two
// reads for twice as long as one takes, so that a slow answer is not asked for all the time.
export function useData(path, key) {
  const [state, set] = useState({});
  const reading = useRef({}).current;
  reading.wanted = path;
  useEffect(() => {
    if (!path) return;
    reading.again = true;
    const read = async () => {
      reading.busy = path;
      while (reading.again && reading.wanted === path) {
        reading.again = false;
        const began = Date.now();
        const got = await call('GET', path).then((data) => ({ data }), (error) => ({ error: error.message }));
        if (reading.wanted !== path) return;
        set((old) => ({ path, ...(old.path === path && { data: old.data }), ...got }));
        await new Promise((rested) => setTimeout(rested, 2 * (Date.now() - began)));
      }
      if (reading.busy === path) reading.busy = null;
    };
    if (reading.busy !== path) read();
  }, [path, key]);
  return { ...state, old: state.path !== path };
}

// useBusy returns whether an action runs, and a function that runs one.
export function useBusy() {
  const [busy, set] = useState(false);
  return [busy, async (action) => { set(true); try { return await action(); } finally { set(false); } }];
}

const numbers = new Intl.NumberFormat('en');
export const count = (n = 0) => numbers.format(n);
export const some = (n, word) => `${count(n)} ${word}${n === 1 ? '' : 's'}`;
export const perSecond = (n = 0) => `${n === 0 || n >= 10 ? count(Math.round(n)) : n.toFixed(1)}/s`;

// span is a duration in words.
export function span(ms = 0) {
  if (ms > 1000) ms = Math.round(ms / 100) * 100; // 3,599,990 is an hour
  const units = [[86400e3, 'd'], [3600e3, 'h'], [60e3, 'min'], [1e3, 's'], [1, 'ms']];
  const [size, unit] = units.find(([size]) => ms >= size) ?? [1, 'ms'];
  const n = ms / size;
  if (n > 0 && n < 0.1) return `<0.1 ${unit}`;
  return `${n >= 10 ? Math.round(n) : Number(n.toFixed(1))} ${unit}`;
}

export const clock = (time) => (time ? new Date(time).toLocaleTimeString('en-GB') : '');

// ago is how long before the cloud's time it was.
export function ago(time) {
  const ms = Date.parse(cloud.live.time) - Date.parse(time);
  return Number.isNaN(ms) ? '' : ms < 1000 ? 'now' : `${span(Math.floor(ms / 1000) * 1000)} ago`;
}

// pretty indents JSON; other text stays.
export function pretty(text) {
  try {
    return JSON.stringify(typeof text === 'string' ? JSON.parse(text) : text, null, 2);
  } catch {
    return text;
  }
}

// Linked makes links of the https addresses in a text. Nothing is fetched before a click.
export const Linked = ({ text = '' }) => text.split(/(https:\/\/[^\s)]*[^\s).,;])/).map((part, i) =>
  (i % 2 ? html`<a href=${part} target="_blank" rel="noopener noreferrer">${part.replace(/^https:\/\/.*\/([^/]+)$/, '$1')}<span class="hide"> (opens a page on the internet)</span></a>` : part));

export const Json = ({ value, ...rest }) => html`<pre tabindex="0" role="group" aria-label="Text" ...${rest}>${pretty(value)}</pre>`;

// Reading says why there is no data, or no newer data.
export const Reading = ({ data, error }) => (error ? html`<p class="callout bad" role="alert">${error}</p>` : !data && html`<p class="dim">Reading…</p>`);

// Do is a button for what changes something.
export const Do = ({ children, busy, ...rest }) => html`<button type="button" disabled=${busy || !mayChange()} aria-busy=${busy} ...${rest}>${children}</button>`;

export const plural = () => cloud.settings.record.name.replace(/^./, (c) => c.toUpperCase()) + 's';

// Spark is the shape of the last rates, scaled to the largest.
export function Spark({ rates = [], samples = 60, label }) {
  const shown = rates.slice(-samples);
  const top = Math.max(...shown, 1);
  const points = shown.map((r, i) => `${(i + samples - shown.length) / (samples - 1) * 100},${(22 - r / top * 20).toFixed(1)}`);
  if (points.length < 2) points.push('100,22');
  return html`<svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" role=${label && 'img'} aria-label=${label} aria-hidden=${!label}>
    <path class="area" d=${`M${points[0].split(',')[0]},24L${points.join('L')}L100,24Z`} /><path class="line" d=${`M${points.join('L')}`} /></svg>`;
}
