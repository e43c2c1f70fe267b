// The frame of the page: which view the address names, the state of the cloud, and results.
import { render } from './vendor/preact.mjs';
import { useEffect, useState } from './vendor/hooks.mjs';
import { cloud, connect, mayChange, takeToken } from './cloud.js';
import { clock, html, plural, some, span } from './ui.js';
import { Maps } from './map.js';
import { Records } from './records.js';
import { Story } from './story.js';
import { Act } from './act.js';
import { Bill } from './bill.js';

const views = {
  map: ['Map', Maps],
  records: ['', ({ id }) => (id ? html`<${Story} key=${id} id=${id} />` : html`<${Records} />`)],
  act: ['Act', Act],
  bill: ['Bill', Bill],
};

// route reads the address: #records/order-1 is the view records of order-1.
function route() {
  takeToken();
  const [, view, id] = location.hash.match(/^#(\w+)(?:\/(.*))?$/) ?? [];
  return views[view] ? { view, id: id && decodeURIComponent(id) } : { view: 'map' };
}

function State() {
  const { live, lost } = cloud;
  return html`<div class="state">
    ${live.alarms.length > 0 && html`<a href="#map" class="pill bad">${some(live.alarms.length, 'alarm')}</a>`}
    ${live.faults.length > 0 && html`<a href="#act" class="pill bad">${some(live.faults.length, 'fault')}</a>`}
    <span class="clock" title="The cloud's time">${clock(live.time)}${live.aheadMs > 0 && html` <b>+${span(live.aheadMs)}</b>`}</span>
    <span class="pill ${lost ? 'warn' : 'good'}"><i class="dot" />${lost ? 'Not connected' : cloud.tick ? 'Live' : 'Connecting'}</span>
  </div>`;
}

function App() {
  const [, redraw] = useState(0);
  const [{ view, id }, go] = useState(route);
  useEffect(() => {
    connect(() => redraw((n) => n + 1));
    addEventListener('hashchange', () => go(route()));
    go(route()); // of a click before
  }, []);
  const name = (v) => views[v][0] || plural();
  const alarms = cloud.live.alarms.length;
  useEffect(() => { document.title = `${alarms ? `(${alarms}) ` : ''}${id && view === 'records' ? `${id} · ` : ''}${name(view)} · Embedded cloud`; });
  const View = views[view][1];
  return html`
    <header>
      <a class="brand" href="#map"><img src="icon.svg" alt="" width="24" height="24" /><span>Embedded cloud</span> <small>${cloud.settings.region}</small></a>
      <nav aria-label="Views">${Object.keys(views).filter((v) => v !== 'bill' || cloud.settings.bill).map((v) => html`<a href="#${v}" data-testid="tab-${v}" aria-current=${v === view ? 'page' : null}>${name(v)}</a>`)}</nav>
      <${State} />
    </header>
    ${cloud.lost && html`<p class="strip warn" role="alert">${cloud.lost}</p>`}
    ${!mayChange() && html`<p class="strip">This page can only look. To change something, open the address that <code>make console</code> prints: it holds a token.</p>`}
    <main><${View} id=${id} /></main>
    <div class="notice" role="status" aria-live="polite">${cloud.notice && html`<p class=${cloud.notice.bad ? 'bad' : 'good'}>${cloud.notice.text}</p>`}</div>`;
}

render(html`<${App} />`, document.body);
