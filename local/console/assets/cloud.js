// What the cloud has said: the map, the live state that it pushes, and calls of its API.

const maxSamples = 300; // of a node's rate, one each second

export const cloud = {
  settings: { record: { name: 'request', search: [] } },
  components: null, // null until the map has been read
  nodes: new Map(), // id to node
  live: { nodes: {}, alarms: [], faults: [], records: { done: 0, failed: 0 }, aheadMs: 0 },
  history: new Map(), // id to rates, the oldest first
  tick: 0, // grows with each live event
  lost: '', // why nothing is heard of the cloud
  notice: null, // {text, bad}: the result of what the person did last
};

let changed = () => {};
let token = sessionStorage.getItem('token');

// takeToken keeps the token of the address for this tab, and removes it from the address.
export function takeToken() {
  const found = location.hash.match(/^#token=([^&]+)/);
  if (!found) return;
  sessionStorage.setItem('token', token = found[1]);
  history.replaceState(null, '', location.pathname);
}

export const mayChange = () => Boolean(token);

export async function call(method, path, body) {
  let answer;
  try {
    answer = await fetch('/api/' + path, { method, headers: method === 'GET' ? {} : { 'X-Console-Token': token ?? '' }, body: body && JSON.stringify(body) });
  } catch {
    throw new Error('The cloud does not answer. It may have been stopped.');
  }
  const json = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(json.error ?? `The answer was ${answer.status} ${answer.statusText}`);
  return json;
}

// say shows a sentence, and has it read aloud.
let quiet;
export function say(text, bad = false) {
  cloud.notice = { text, bad };
  clearTimeout(quiet);
  quiet = setTimeout(() => { cloud.notice = null; changed(); }, bad ? 12000 : 6000);
  changed();
}

// act does what a person asked for, and says what came of it.
export async function act(method, path, body, done) {
  try {
    const result = await call(method, path, body);
    if (done) say(typeof done === 'string' ? done : done(result));
    return result;
  } catch (error) {
    say(error.message, true);
  }
}

async function readMap() {
  try {
    const { components } = await call('GET', 'map');
    cloud.components = components ?? [];
    cloud.nodes = new Map(cloud.components.flatMap((c) => (c.nodes ?? []).map((n) => [n.id, { ...n, component: c.name }])));
  } catch (error) {
    cloud.lost = error.message;
  }
  changed();
}

function hear(live) {
  Object.assign(cloud, { lost: '', tick: cloud.tick + 1, heard: Date.now() });
  cloud.live = { ...live, nodes: live.nodes ?? {}, alarms: live.alarms ?? [], faults: live.faults ?? [] };
  for (const [id, { rate }] of Object.entries(cloud.live.nodes)) {
    const rates = cloud.history.get(id) ?? [];
    rates.push(rate);
    if (rates.length > maxSamples) rates.shift();
    cloud.history.set(id, rates);
  }
  changed();
}

const gone = 'The cloud does not answer. Trying again. If it was started again, it has a new address: make console prints it.';

// connect listens to the cloud for as long as somebody looks. A page that was hidden for a minute stops: a browser opens
// six connections to one host, and each page that listens has one.
export function connect(onChange) {
  changed = onChange;
  let source, hidden;
  const lose = () => { cloud.lost = gone; changed(); };
  const open = () => {
    if (source && source.readyState !== EventSource.CLOSED) return;
    source = new EventSource('/api/live');
    source.onopen = readMap;
    source.onerror = lose;
    source.addEventListener('live', (event) => hear(JSON.parse(event.data)));
    source.addEventListener('map', readMap);
  };
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hidden);
    if (document.hidden) hidden = setTimeout(() => source.close(), 60_000);
    else open();
  });
  setInterval(() => {
    if (document.hidden) return;
    if (Date.now() - cloud.heard > 5000) lose();
    open();
  }, 2000);
  open();
  call('GET', 'settings').then((settings) => { cloud.settings = settings; changed(); }, () => {});
}
