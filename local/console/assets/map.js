// The map: each deployed component as a diagram, with what happens in it.
import { useEffect, useMemo, useRef, useState } from './vendor/hooks.mjs';
import { cloud } from './cloud.js';
import { Linked, Spark, ago, count, html, perSecond, some, span } from './ui.js';
import { Icon, kindName } from './kinds.js';
import { arrange, shortLabel } from './layout.js';
import { Panel } from './panel.js';

export const nodeLink = (id) => `#map/${encodeURIComponent(id)}`;

const faultsOf = (id) => cloud.live.faults.filter((f) => f.node === id);

// problems are what is wrong with a node, in words.
function problems(node, s) {
  const dead = node.kind === 'deadletters';
  return [
    ...s.alarms?.length ? [some(s.alarms.length, 'alarm')] : [],
    ...s.errors > 0 && !dead ? [some(s.errors, 'error')] : [],
    ...faultsOf(node.id).map((f) => `fault: ${f.kind}`),
    ...s.paused ? ['paused'] : [],
  ];
}

// figures are what is measured at a node. What waits has the place of p50.
function figures({ kind }, s) {
  const held = (s.waiting ?? 0) + (kind === 'deadletters' ? s.inFlight ?? 0 : 0); // somebody who looks at dead letters has them in flight
  const waits = ['queue', 'deadletters', 'stream', 'machine'].includes(kind);
  return [
    ...kind === 'deadletters' || (kind === 'bucket' && !s.total) ? [] : [perSecond(s.rate)],
    ...waits || held > 0 ? [`${count(held)} ${kind === 'machine' ? 'running' : 'waiting'}`] : s.p99Ms > 0 ? [`p50 ${span(s.p50Ms)}`] : [],
    ...s.p99Ms > 0 ? [`p99 ${span(s.p99Ms)}`] : [],
  ];
}

function Node({ node, component, x, y, size, selected }) {
  const s = cloud.live.nodes[node.id] ?? {};
  const wrong = problems(node, s);
  const stats = figures(node, s);
  const label = `${node.name} ${kindName(node.kind)}, ${[...stats, ...wrong].join(', ')}`; // begins with the text of the link
  return html`<div class="node ${wrong.length || (node.kind === 'deadletters' && s.errors > 0) ? 'bad' : ''} ${selected ? 'selected' : ''}"
      style=${{ left: `${x}px`, top: `${y}px`, width: `${size.width}px`, height: `${size.height}px` }}>
    <${Icon} kind=${node.kind} />
    <a class="who" href=${nodeLink(node.id)} data-testid="node-${node.name}" data-id=${node.id} data-kind=${node.kind}
      aria-label=${label} title=${node.name} aria-current=${selected ? 'true' : null}>
      <b>${node.name.startsWith(component + '-') ? node.name.slice(component.length + 1) : node.name}</b> <small>${kindName(node.kind)}</small></a>
    <span class="figures" aria-hidden="true">${stats.map((f) => html`<span>${f}</span>`)}</span>
    ${s.total > 0 && html`<${Spark} rates=${cloud.history.get(node.id)} />`}
    ${wrong.length > 0 && html`<span class="badges" aria-hidden="true">${wrong.map((w) => html`<span class="pill bad">${w}</span>`)}</span>`}
  </div>`;
}

// flowing is how fast what an edge carries flows: 0 to 3. It looks back some seconds, so that one request is seen.
function flowing({ from, to, kind }) {
  const recent = (id) => Math.max(0, ...(cloud.history.get(id) ?? []).slice(-3));
  const rate = kind === 'failure' ? recent(to) : Math.min(recent(from), recent(to));
  return rate === 0 ? 0 : rate < 2 ? 1 : rate < 50 ? 2 : 3;
}

function Edge({ edge, d, x, y }) {
  const flow = flowing(edge);
  return html`<g class="edge ${edge.kind}">
    <path d=${d} marker-end="url(#${edge.kind === 'failure' ? 'arrow-bad' : 'arrow'})" />${flow > 0 && html`<path class="flow f${flow}" d=${d} />`}
    ${edge.label && html`<text x=${x} y=${y + 4}>${shortLabel(edge.label)}<title>${edge.label}</title></text>`}</g>`;
}

function Diagram({ component, selected }) {
  const across = useMemo(() => arrange(component, false), [component]);
  const smallest = innerWidth > 700 ? 0.72 : 0.9;
  const down = innerWidth < across.width * smallest + 60; // what does not fit across goes from the top down
  const plan = useMemo(() => (down ? arrange(component, true) : across), [component, down]);
  const box = useRef();
  const [room, setRoom] = useState(plan.width);
  const scale = Math.max(smallest, Math.min(1, room / plan.width));
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setRoom(entry.contentRect.width));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => { // where the way begins is in sight
    const first = plan.nodes.find((n) => n.node.kind === 'api');
    if (down && first) box.current.scrollLeft = (first.x + first.size.width / 2) * scale - box.current.clientWidth / 2;
  }, [plan, scale]);
  const size = { width: `${plan.width}px`, height: `${plan.height}px` };
  const entry = component.nodes.find((n) => n.kind === 'api') ?? component.nodes[0];
  return html`<section class="component" data-testid="map-${component.name}" aria-labelledby="c-${component.name}">
    <h2 id="c-${component.name}">${component.name} <small>${component.type.split(':').pop()}</small>
      <small class="push">${perSecond(cloud.live.nodes[entry?.id]?.rate)}</small></h2>
    <div class="scroll" ref=${box}><div style=${{ width: `${plan.width * scale}px`, height: `${plan.height * scale}px` }}>
      <div class="canvas ${down ? 'down' : ''}" style=${{ ...size, transform: `scale(${scale})` }}>
      <svg style=${size} aria-hidden="true">${plan.edges.map((e) => html`<${Edge} ...${e} />`)}</svg>
      ${plan.nodes.map((n) => html`<${Node} key=${n.node.id} component=${component.name} selected=${n.node.id === selected} ...${n} />`)}
    </div></div></div>
  </section>`;
}

function Alarms() {
  const { alarms } = cloud.live;
  return html`<section data-testid="alarms" aria-label="Alarms" class=${alarms.length ? 'alarms' : 'hide'}>
    ${alarms.length === 0 && 'No alarm'}
    ${alarms.map((a) => html`<details class="callout bad" key=${a.name}>
      <summary><b>Alarm: ${a.name}</b> <small>${ago(a.since)}</small></summary>
      <p><${Linked} text=${a.description} /> ${cloud.nodes.has(a.node) && html`<a href=${nodeLink(a.node)}>Show it on the map</a>`}</p></details>`)}
  </section>`;
}

// Jumps go to the diagram of a component. One in which something is wrong is red.
const Jumps = ({ components, live }) => html`<div class="jumps">${components.map((c) => html`<button type="button"
  class=${c.nodes.some((n) => live.nodes[n.id]?.alarms?.length || faultsOf(n.id).length) ? 'bad' : ''}
  onClick=${() => document.getElementById(`c-${c.name}`).scrollIntoView()}>${c.name}</button>`)}</div>`;

const Legend = () => html`<div class="legend">
  <svg width="0" height="0" aria-hidden="true"><defs>${['arrow', 'arrow-bad'].map((id) => html`<marker id=${id} class=${id}
    viewBox="0 0 8 8" refX="7" refY="4" markerUnits="userSpaceOnUse" markerWidth="9" markerHeight="9" orient="auto"><path d="M0,0L8,4L0,8Z" /></marker>`)}</defs></svg>
  ${[['call', 'calls'], ['event', 'delivers to'], ['failure', 'failures go to']].map(([kind, text]) =>
    html`<span><svg class="edge ${kind}" width="28" height="8" aria-hidden="true"><path d="M0,4H28" /></svg>${text}</span>`)}
  <span><a href="#act">Send ${cloud.settings.record.name}s</a> to see them flow. Choose a part to see more, and to break it.</span></div>`;

export function Maps({ id }) {
  const { components } = cloud;
  return html`<div class=${id ? 'split' : ''}>
    <div class="maps"><h1 class="hide">Map of what is deployed</h1>
      <${Alarms} />${components?.length > 1 && html`<${Jumps} components=${components} live=${cloud.live} />`}<${Legend} />
      ${components?.length === 0 && html`<p class="empty">Nothing is deployed. <code>make up PATTERN=fanout</code> deploys a pattern; it appears here.</p>`}
      ${components?.map((c) => html`<${Diagram} key=${c.name} component=${c} selected=${id} />`)}
    </div>
    ${id && html`<${Panel} key=${id} id=${id} />`}
  </div>`;
}
