// The bill: what the traffic would have cost on AWS.
import { useState } from './vendor/hooks.mjs';
import { cloud } from './cloud.js';
import { Reading, count, html, plural, useData } from './ui.js';

const usd = (v = 0) => '$' + new Intl.NumberFormat('en', v >= 1 ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : { maximumSignificantDigits: 2 }).format(v);

const Bars = ({ title, rows, of }) => html`<section class="card"><h2>${title}</h2><table class="bars">
  <thead class="hide"><tr><th scope="col">Name</th><th scope="col">Share</th><th scope="col">Cost</th></tr></thead>
  <tbody>${rows.map((r) => html`<tr><th scope="row">${r.service ?? r.name}</th>
    <td><i style=${{ width: `${Math.min(100, of ? r.usd / of * 100 : 0)}%` }} /></td><td>${usd(r.usd)}</td></tr>`)}</tbody></table></section>`;

export function Bill() {
  const [minutes, setMinutes] = useState(60);
  const { data: b, error } = useData(`bill?minutes=${minutes}`, Math.floor(cloud.tick / 5));
  const total = b?.totalUsd ?? 0;
  return html`<div class="page"><h1>Bill</h1>
    <div class="tools"><label>Traffic of <select onChange=${(e) => setMinutes(Number(e.target.value))}>
      ${[[15, 'the last 15 minutes'], [60, 'the last hour'], [1440, 'the last day']].map(([n, text]) => html`<option value=${n} selected=${n === minutes}>${text}</option>`)}</select></label></div>
    <${Reading} data=${b} error=${error} />
    ${b && html`<dl class="stats big">
        <div data-testid="bill-total"><dt>This traffic on AWS</dt><dd>${usd(total)}</dd></div>
        <div><dt>${plural()}</dt><dd>${count(b.records)}</dd></div>
        <div><dt>A million of them</dt><dd>${b.perMillionUsd > 0 ? usd(b.perMillionUsd) : '–'}</dd></div>
        <div><dt>A month without traffic</dt><dd>${usd(b.idleMonthUsd)}</dd></div></dl>
      <div class="columns"><${Bars} title="By service" rows=${b.services ?? []} of=${total} /><${Bars} title="By pattern" rows=${b.components ?? []} of=${total} /></div>
      <p class="dim">List prices of ${b.region} of ${b.date}, without free tiers. Nothing is charged: nothing ran on AWS.</p>`}</div>`;
}
