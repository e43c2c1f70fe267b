// Faults: those that are injected, and a form that injects one.
import { useState } from './vendor/hooks.mjs';
import { act, cloud } from './cloud.js';
import { Do, Reading, ago, html, some, span, useBusy, useData } from './ui.js';

const effects = {
  throttle: 'Throttle: refuse calls as too many',
  deny: 'Deny: refuse calls as not permitted',
  kill: 'Kill: end the process while it works',
  twice: 'Twice: deliver messages two times',
  slow: 'Slow: answer later',
};

// FaultList shows the faults of a node, or all.
export function FaultList({ node }) {
  const faults = cloud.live.faults.filter((f) => !node || f.node === node);
  const remove = (f) => act('DELETE', `faults/${encodeURIComponent(f.id)}`, undefined, `Removed: ${f.kind}`);
  return html`<ul class="plain" data-testid="fault-list">${faults.length === 0 && html`<li class="dim">No fault is injected.</li>`}
    ${faults.map((f) => html`<li class="row callout bad" key=${f.id}><span><b>${f.kind}</b> ${!node && cloud.nodes.get(f.node)?.name} ${f.action} ${f.percent} %
      ${f.delayMs > 0 && ` by ${span(f.delayMs)}`} <small>${some(f.hits, 'hit')}, injected ${ago(f.since)}</small></span>
      <${Do} data-testid="fault-remove-${f.id}" aria-label="Remove the fault ${f.kind}" onClick=${() => remove(f)}>Remove<//></li>`)}</ul>`;
}

// FaultForm injects a fault into a node, or into one that the person chooses.
export function FaultForm({ node }) {
  const { data, error } = useData('faults');
  const [chosen, choose] = useState('');
  const [kind, setKind] = useState('');
  const [busy, run] = useBusy();
  const id = node ?? (chosen || cloud.nodes.keys().next().value);
  const kinds = data?.kinds?.[cloud.nodes.get(id)?.kind] ?? [];
  const shown = kinds.includes(kind) ? kind : kinds[0];
  const add = (event) => {
    event.preventDefault();
    const { percent, delay, action } = event.target.elements;
    const fault = { kind: shown, node: id, action: action.value.trim(), percent: Number(percent.value), delayMs: Number(delay?.value ?? 0) };
    run(() => act('POST', 'faults', fault, `Injected: ${shown}`));
  };
  return html`<${Reading} data=${data} error=${error} /><form data-testid="fault-form" class="fields" onSubmit=${add}>
    ${!node && html`<label class="wide">Where<select data-testid="fault-node" onChange=${(e) => choose(e.target.value)}>
      ${cloud.components?.map((c) => html`<optgroup label=${c.name}>
        ${c.nodes.map((n) => html`<option value=${n.id} selected=${n.id === id}>${n.name} (${n.kind})</option>`)}</optgroup>`)}</select></label>`}
    <label class="wide">What<select data-testid="fault-kind" onChange=${(e) => setKind(e.target.value)}>
      ${kinds.map((k) => html`<option value=${k} selected=${k === shown}>${effects[k] ?? k}</option>`)}</select></label>
    <label>Percent of calls<input name="percent" type="number" min="1" max="100" defaultValue="100" required /></label>
    ${shown === 'slow' && html`<label>Delay in ms<input name="delay" type="number" min="1" defaultValue="1000" required /></label>`}
    <label>Only this action<input name="action" placeholder="all" spellcheck="false" /></label>
    <${Do} type="submit" class="wide danger" data-testid="fault-add" busy=${busy || !shown}>Inject the fault<//></form>`;
}
