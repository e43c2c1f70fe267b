// The list of records: the latest, the failed, and those that a search finds.
import { useState } from './vendor/hooks.mjs';
import { cloud } from './cloud.js';
import { Reading, ago, count, html, plural, useData } from './ui.js';

// What was searched stays while the person reads a story.
const last = { q: '', failed: false };

export const Outcome = ({ failed, text }) => html`<span class="pill ${failed ? 'bad' : text ? 'good' : 'warn'}">${text || (failed ? 'failed' : 'running')}</span>`;

export function Records() {
  const [{ q, failed }, set] = useState(last);
  const change = (part) => set(Object.assign(last, part) && { ...last });
  const { settings, tick } = cloud;
  const { data, error, old } = useData(`records?q=${encodeURIComponent(q)}&failed=${failed}&limit=100`, tick);
  const records = data?.records ?? [];
  const keys = ['id', ...settings.record.search ?? [], 'trace id'].join(', ');
  const filter = (value, text, n) => html`<button type="button" aria-pressed=${failed === value}
    onClick=${() => change({ failed: value })}>${text}${n !== undefined && html` <small>${count(n)}</small>`}</button>`;
  return html`<div class="page"><h1>${plural()}</h1>
    <div class="tools" role="search">
      <input type="search" data-testid="search" aria-label="Search by ${keys}" placeholder=${keys} value=${q} spellcheck="false"
        onInput=${(e) => change({ q: e.target.value.trim() })} />
      <span class="segments" role="group" aria-label="Which">${filter(false, 'All', data?.total)}${filter(true, 'Failed', data?.failed)}</span></div>
    <${Reading} data=${data} error=${error} />
    <table data-testid="record-list" class="records" aria-busy=${old} hidden=${records.length === 0}>
      <thead><tr><th scope="col">Id</th><th scope="col">State</th><th scope="col">Pattern</th><th scope="col">Fields</th><th scope="col">Started</th></tr></thead>
      <tbody>${records.map((r) => html`<tr key=${r.component + r.id}>
        <td><a class="mono" href="#records/${encodeURIComponent(r.id)}" data-testid="record-${r.id}">${r.id}</a></td>
        <td><${Outcome} failed=${r.failed} text=${r.outcome} /> ${r.reason && html`<small class="why">${r.reason}</small>`}</td><td>${r.component}</td>
        <td class="mono dim">${Object.values(r.fields ?? {}).join(' ')}</td><td>${ago(r.started)}</td></tr>`)}</tbody></table>
    <p class="dim" role="status">${data && (records.length === 0 ? (q || failed ? 'Nothing found.' : html`None yet. <a href="#act">Send one</a>.`)
      : records.length >= 100 ? 'The newest 100 are shown. Search to find others.' : '')}</p></div>`;
}
