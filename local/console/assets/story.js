// One record: its state, its way through the services, its log lines, and what it left behind.
import { useEffect, useMemo, useState } from './vendor/hooks.mjs';
import { cloud } from './cloud.js';
import { Reading, Json, clock, count, html, plural, span, useData } from './ui.js';
import { timeline } from './timeline.js';
import { Icon } from './kinds.js';
import { nodeLink } from './map.js';

// nested is the hops, each after its parent, with its depth.
function nested(hops) {
  const children = (parent, depth) => hops.map((hop, i) => ({ hop, i })).filter(({ hop }) => hop.parent === parent)
    .sort((a, b) => a.hop.startMs - b.hop.startMs)
    .flatMap(({ hop, i }) => [{ ...hop, depth }, ...children(i, depth + 1)]);
  return children(-1, 0);
}

function Waterfall({ hops }) {
  const line = useMemo(() => timeline(hops), [hops]);
  const end = Math.max(0, ...hops.map((h) => h.startMs + h.durationMs));
  const percent = (part) => `${(part * 100).toFixed(2)}%`;
  const bar = (from, to) => ({ left: percent(from), width: percent(to - from) });
  // Where a label has room, also on a phone: after the bar, before it, or in it.
  const beside = (from, to) => (to < 0.78 ? { left: percent(to), paddingLeft: '6px' } : { right: percent(1 - (from > 0.3 ? from : to)), paddingRight: '6px' });
  const inBar = (from, to) => (to < 0.78 || from > 0.3 ? '' : 'in');
  const ends = (h) => [line.at(h.startMs), line.at(h.startMs + h.durationMs)];
  return html`<section><h2>Timeline <small>${span(end)}${line.gaps.length > 0 && ', pauses are shortened'}</small></h2>
    <ol class="waterfall plain"><li class="axis" aria-hidden="true"><span />
      <span class="track">${[0, 0.25, 0.5, 0.75, 1].map((at) => html`<i style=${{ left: percent(at) }}>${span(line.time(at))}</i>`)}</span></li>
    ${nested(hops).map((h) => html`<li class=${h.status}>
      <span class="who" title="${h.name} ${h.detail}" style=${{ paddingLeft: `${h.depth * 14}px` }}><${Icon} kind=${h.kind} />
        ${h.node ? html`<a href=${nodeLink(h.node)}>${h.name}</a>` : h.name} <small>${h.detail}</small></span>
      <span class="track">${line.gaps.map((g) => html`<s style=${bar(...g)} />`)}<i style=${bar(...ends(h))} />
        <small class=${inBar(...ends(h))} style=${beside(...ends(h))}>${span(h.durationMs)}${h.status !== 'ok' && ` ${h.status}`}</small></span></li>`)}</ol></section>`;
}

const Logs = ({ lines }) => html`<section><h2>Log <small>${count(lines.length)}</small></h2>
  <ol class="logs plain">${lines.map((l) => html`<li class=${l.level?.toLowerCase()}>
    <details><summary><time>${clock(l.time)}</time> <b>${l.level}</b> <span class="dim">${l.function}</span> ${l.message}</summary><${Json} value=${l.fields ?? {}} /></details></li>`)}</ol></section>`;

const Left = ({ title, id, things = [], name, body }) => things.length > 0 && html`<section><h2>${title}</h2>
  ${things.map((t) => html`<div data-testid=${id}><p class="mono dim">${name(t)}</p><${Json} value=${body(t)} /></div>`)}</section>`;

export function Story({ id }) {
  const { live, tick, settings } = cloud;
  const [found, setFound] = useState(false);
  const [opened] = useState(tick);
  // A record that was just sent is in the list after its first log line. Its story is an error before.
  const list = useData(!found && `records?limit=100&q=${encodeURIComponent(id)}`, tick);
  useEffect(() => setFound((was) => was || Boolean(list.data?.records?.some((r) => r.id === id))), [list.data]);
  const [running, setRunning] = useState(true);
  // The last parts of a trace arrive seconds after the record is done.
  const young = running || tick < opened + 15;
  const { data: s, error } = useData(found && `records/${encodeURIComponent(id)}`, `${live.records.done} ${live.records.failed} ${young && Math.floor(tick / 2)}`);
  useEffect(() => setRunning(!s || s.status === 'running'), [s]);
  return html`<div class="page story" data-testid="story"><p><a href="#records">← ${plural()}</a></p>
    <h1 class="mono">${id}</h1>
    ${list.data && !found && tick > opened + 2 ? html`<p class="callout warn">No ${settings.record.name} with this id has been seen yet.</p>`
      : html`<${Reading} data=${s} error=${error ?? list.error} />`}
    ${s && html`
      <p><span class="pill ${{ done: 'good', failed: 'bad' }[s.status] ?? 'warn'}" data-testid="story-status">${s.status}</span> ${s.component}</p>
      ${s.reason && html`<p class="callout bad" data-testid="story-reason">${s.reason}</p>`}
      ${s.where && html`<p class="callout warn" data-testid="story-where">It ${s.where}</p>`}
      <${Waterfall} hops=${s.hops ?? []} />
      <div class="columns">
        <${Left} title="Stored in the table" id="story-item" things=${s.items} name=${(i) => i.table} body=${(i) => i.item} />
        <${Left} title="Stored in the bucket" id="story-object" things=${s.objects} name=${(o) => `${o.bucket}/${o.key} (${count(o.size)} bytes)`} body=${(o) => o.text} />
        <${Left} title="Dead letters" id="story-deadletter" things=${s.deadLetters} name=${(d) => d.queue} body=${(d) => d.body} /></div>
      <${Logs} lines=${s.logs ?? []} />
      <p class="dim">Trace <span class="mono">${s.traceIds?.join(', ') || 'none'}</span></p>`}</div>`;
}
