// What a person may do to the whole cloud: send requests, move its clock, inject faults, and pause consumers.
import { useState } from './vendor/hooks.mjs';
import { act, cloud } from './cloud.js';
import { Do, Reading, Json, count, html, plural, pretty, some, span, useBusy, useData } from './ui.js';
import { FaultForm, FaultList } from './faults.js';
import { Pause } from './panel.js';

const Result = ({ answers = {}, errors = {}, ids = [], sample }) => html`<div data-testid="request-result">
  <p>${Object.entries(answers).map(([status, n]) => html`<span class="pill ${status < 400 ? 'good' : 'bad'}">${status}${n > 1 && ` × ${count(n)}`}</span> `)}</p>
  ${Object.entries(errors ?? {}).map(([text, n]) => html`<p class="callout bad">${text}${n > 1 && ` (${count(n)} times)`}</p>`)}
  ${ids?.length > 0 && html`<p>Follow:
    ${' '}${ids.slice(0, 10).map((id) => html`<a class="mono chip" href="#records/${encodeURIComponent(id)}">${id}</a> `)}
    ${ids.length > 10 && html`<a href="#records">all ${plural().toLowerCase()}</a>`}</p>`}
  ${sample && html`<p class="dim">The first answer</p><${Json} value=${sample} />`}</div>`;

function Send() {
  const { data, error } = useData('requests', cloud.components);
  const [chosen, choose] = useState(0);
  const [edited, edit] = useState({});
  const [result, setResult] = useState(null);
  const [busy, run] = useBusy();
  const requests = data?.requests ?? [];
  const r = requests[chosen];
  const route = r?.title === `${r?.method} ${r?.path}`; // a person fills in its parameters
  const body = edited.body ?? pretty(r?.body ?? '');
  const send = (event) => {
    event.preventDefault();
    const { count: n, parallel } = event.target.elements;
    run(async () => {
      setResult(null);
      const what = route ? { method: r.method, path: edited.path ?? r.path } : { title: r.title };
      const how = { body, count: Number(n.value), parallel: Number(parallel.value) };
      const said = ({ answers }) => Object.entries(answers ?? {}).map(([status, k]) => `${count(k)} × ${status}`).join(', ') || 'no answer';
      setResult(await act('POST', 'requests', { component: r.component, ...what, ...how }, (sent) => `Sent ${some(how.count, 'request')}: ${said(sent)}`));
    });
  };
  return html`<section class="card"><h2>Send requests</h2><${Reading} data=${data} error=${error} />
    ${data && !r && html`<p class="dim">No API is deployed.</p>`}
    ${r && html`<form class="fields" data-testid="request-form" onSubmit=${send}>
      <label class="wide">Request<select data-testid="request-select" onChange=${(e) => { choose(Number(e.target.value)); edit({}); }}>
        ${requests.map((q, i) => html`<option value=${i} selected=${i === chosen}>${q.component}: ${q.title}</option>`)}</select></label>
      ${route && html`<label class="wide">Path and query<input data-testid="request-path" value=${edited.path ?? r.path} spellcheck="false"
        onInput=${(e) => edit({ ...edited, path: e.target.value })} /></label>`}
      ${r.method !== 'GET' && html`<label class="wide">Body<textarea data-testid="request-body" class="mono" spellcheck="false"
        rows=${Math.min(18, body.split('\n').length + 1)} value=${body} onInput=${(e) => edit({ ...edited, body: e.target.value })} /></label>
      <p class="wide dim">{id} becomes a new id for each request, {n} its number.</p>`}
      <label>How many<input name="count" data-testid="request-count" type="number" min="1" max="10000" defaultValue="1" required /></label>
      <label>At the same time<input name="parallel" data-testid="request-parallel" type="number" min="1" max="64" defaultValue="8" required /></label>
      <${Do} type="submit" class="wide main" data-testid="request-send" busy=${busy}>${busy ? 'Sending…' : 'Send'}<//></form>`}
    ${result && html`<${Result} ...${result} />`}</section>`;
}

const jumps = [[30, '30 seconds'], [300, '5 minutes'], [3600, '1 hour'], [86400, '1 day']];

function Clock() {
  const [busy, run] = useBusy();
  const jump = (seconds, text) => run(() => act('POST', 'clock', { seconds }, ({ aheadMs }) => `The clock is ${text} later; ${span(aheadMs)} ahead`));
  return html`<section class="card"><h2>Clock</h2>
    <p>What is due by then happens at once: retries, timeouts, alarms, what expires. The clock does not go back.</p>
    <p>It is <b>${new Date(cloud.live.time ?? 0).toLocaleString('en-GB')}</b> in the cloud,${' '}
      ${cloud.live.aheadMs > 0 ? html`<b>${span(cloud.live.aheadMs)} ahead</b>` : 'the same as here'}.</p>
    <div class="tools">${jumps.map(([seconds, text]) =>
      html`<${Do} data-testid="clock-${seconds}" busy=${busy} onClick=${() => jump(seconds, text)}>+ ${text}<//>`)}</div></section>`;
}

function Consumers() {
  const nodes = [...cloud.nodes.values()].filter((n) => n.consumers?.length);
  return html`<section class="card"><h2>Consumers</h2><p>A paused one reads nothing; what arrives waits.</p>
    <ul class="plain">${nodes.map((n) => html`<li class="row" key=${n.id}>
      <span>${n.name} <small>${count(cloud.live.nodes[n.id]?.waiting)} waiting${cloud.live.nodes[n.id]?.paused && ', paused'}</small></span><${Pause} node=${n} /></li>`)}</ul></section>`;
}

export const Act = () => html`<div class="page"><h1>Act</h1><div class="columns acts"><${Send} />
  <div><section class="card"><h2>Faults</h2><${FaultList} /><${FaultForm} /></section><${Clock} /><${Consumers} /></div></div></div>`;
