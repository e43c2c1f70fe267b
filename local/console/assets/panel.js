// The panel beside the map: one node, and what a person may do with it.
import { useEffect, useRef } from './vendor/hooks.mjs';
import { act, cloud } from './cloud.js';
import { Do, Reading, Json, Linked, Spark, ago, count, html, perSecond, span, useBusy, useData } from './ui.js';
import { Icon, kindName } from './kinds.js';
import { FaultForm, FaultList } from './faults.js';
import { nodeLink } from './map.js';

const Figures = ({ node, s, dead = node.kind === 'deadletters' }) => html`<dl class="stats">${[
  !dead && ['Rate', perSecond(s.rate)],
  !dead && ['Since you look', count(s.total)],
  !dead && ['Errors, last two minutes', count(s.errors)],
  s.p99Ms > 0 && ['Latency p50', span(s.p50Ms)],
  s.p99Ms > 0 && ['Latency p99', span(s.p99Ms)],
  s.waiting !== undefined && [node.kind === 'machine' ? 'Running' : 'Waiting', count(dead ? s.waiting + s.inFlight : s.waiting)],
  s.inFlight > 0 && !dead && ['In flight', count(s.inFlight)],
  s.oldestMs > 0 && ['Oldest', span(s.oldestMs)],
].filter(Boolean).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;

// Pause stops and starts the consumers of a queue or stream.
export function Pause({ node }) {
  const [busy, run] = useBusy();
  const paused = cloud.live.nodes[node.id]?.paused;
  const toggle = () => run(async () => {
    for (const mapping of node.consumers) {
      if (!await act('POST', 'pause', { mapping, paused: !paused }, `${node.name}: ${paused ? 'reading again' : 'paused. What arrives waits.'}`)) return;
    }
  });
  return html`<${Do} data-testid="pause-${node.name}" busy=${busy}
    aria-pressed=${Boolean(paused)} onClick=${toggle}>${paused ? 'Resume' : 'Pause'} ${node.consumers.length > 1 ? 'the consumers' : 'the consumer'}<//>`;
}

function DeadLetters({ node, held }) {
  const { data, error } = useData(`deadletters?queue=${encodeURIComponent(node.id)}`, held); // a look makes those that wait be in flight
  const [busy, run] = useBusy();
  const messages = data?.messages ?? [];
  const redrive = () => run(() => act('POST', 'redrive', { queue: node.id }, ({ moved }) => `${count(moved)} moved back to be processed again`));
  return html`<section data-testid="deadletters-${node.name}"><h3>Dead letters</h3>
    <${Reading} data=${data} error=${error} />
    ${data && html`<p>${messages.length ? 'Messages that could not be processed. A redrive sends them back to where they came from.' : 'None.'}</p>`}
    ${messages.length > 0 && html`<${Do} class="main" data-testid="redrive-${node.name}" busy=${busy} onClick=${redrive}>Redrive all<//>`}
    <ul class="plain">${messages.map((m) => html`<li key=${m.id}><details><summary>${m.attributes?.Error ?? m.body.slice(0, 80)} <small>received ${m.receives}×, sent ${ago(m.sent)}</small></summary>
      <${Json} value=${m.body} />
      ${Object.keys(m.attributes ?? {}).length > 0 && html`<${Json} value=${m.attributes} />`}</details></li>`)}</ul>
    ${data?.more && html`<p>There are more.</p>`}</section>`;
}

function Neighbours({ node }) {
  const { edges = [], nodes = [] } = cloud.components.find((c) => c.name === node.component) ?? {};
  const list = (title, of, other) => {
    const found = edges.filter((e) => e[of] === node.id);
    return found.length > 0 && html`<h3>${title}</h3><ul class="plain">${found.map((e) => html`<li>
      <a href=${nodeLink(e[other])}>${nodes.find((n) => n.id === e[other])?.name}</a> <small>${[e.kind === 'failure' && 'failures', e.label].filter(Boolean).join(': ')}</small></li>`)}</ul>`;
  };
  return html`<section>${list('From', 'to', 'from')}${list('To', 'from', 'to')}</section>`;
}

export function Panel({ id }) {
  const node = cloud.nodes.get(id);
  const title = useRef();
  useEffect(() => {
    title.current?.focus({ preventScroll: true });
    const shown = document.querySelector(`[data-id="${CSS.escape(id)}"]`);
    shown?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    const leave = (event) => { if (event.key === 'Escape') { location.hash = '#map'; shown?.focus(); } };
    addEventListener('keydown', leave);
    return () => removeEventListener('keydown', leave);
  }, [Boolean(node)]);
  if (!node) return cloud.components && html`<aside class="panel"><p>This is not deployed any more. <a href="#map">Close</a></p></aside>`;
  const s = cloud.live.nodes[id] ?? {};
  const alarms = cloud.live.alarms.filter((a) => a.node === id);
  return html`<aside class="panel" aria-labelledby="panel-title">
    <div class="title"><${Icon} kind=${node.kind} /><h2 id="panel-title" tabindex="-1" ref=${title}>${node.name}<small>${kindName(node.kind)}</small></h2>
      <a class="close" href="#map" aria-label="Close">✕</a></div>
    ${node.description && html`<p><${Linked} text=${node.description} /></p>`}
    ${alarms.map((a) => html`<div class="callout bad"><b>Alarm: ${a.name}</b> <small>${ago(a.since)}</small><p><${Linked} text=${a.description} /></p></div>`)}
    ${node.kind !== 'deadletters' && html`<${Spark} rates=${cloud.history.get(id)} samples=${300} label="Rate in the last five minutes" />`}
    <${Figures} node=${node} s=${s} />
    ${node.consumers?.length > 0 && html`<section><h3>Consumers</h3><p>${s.paused ? 'Paused: messages wait.' : 'Reading.'}</p><${Pause} node=${node} /></section>`}
    ${node.kind === 'deadletters' && html`<${DeadLetters} node=${node} held=${(s.waiting ?? 0) + (s.inFlight ?? 0)} />`}
    <section><h3>Faults</h3><${FaultList} node=${id} /><${FaultForm} node=${id} /></section>
    <${Neighbours} node=${node} />
    <section><h3>In AWS</h3><p class="mono">${node.resource}</p><p class="mono dim">${node.id}</p></section>
  </aside>`;
}
