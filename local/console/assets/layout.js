// Where the nodes and edges of a component are drawn.
import { Graph, layout } from './vendor/dagre.mjs';

export const shortLabel = (label) => {
  const [first, ...others] = label.split(/,\s*/);
  return others.length ? `${first} +${others.length}` : first;
};

// curve is a path through points, which leaves and enters each along the direction of the layout.
function curve(points, down) {
  const at = (x, y) => `${x.toFixed(1)},${y.toFixed(1)}`;
  return points.map((p, i) => {
    if (i === 0) return `M${at(p.x, p.y)}`;
    const q = points[i - 1], x = (p.x + q.x) / 2, y = (p.y + q.y) / 2;
    return `C${down ? `${at(q.x, y)} ${at(p.x, y)}` : `${at(x, q.y)} ${at(x, p.y)}`} ${at(p.x, p.y)}`;
  }).join('');
}

// free is a place for the label of an edge between neighbours, on its curve and away from other labels. The layout's own
// place can be far from the curve.
function free(a, b, down, taken) {
  const slow = (t) => 3 * t * t - 2 * t * t * t, fast = (t) => 1.5 * t * (1 - t) + t * t * t;
  const places = [0, 5, -5, 10, -10, 15, -15, 20, -20, 25, -25, 30, -30].map((n) => 0.5 - n / 100)
    .map((t) => ({ x: a.x + (b.x - a.x) * (down ? slow : fast)(t), y: a.y + (b.y - a.y) * (down ? fast : slow)(t) }));
  return places.find((p) => taken.every((q) => Math.abs(p.y - q.y) > 15 || Math.abs(p.x - q.x) > 84)) ?? places[0];
}

// port is where edges meet a node, on the side of a neighbour.
const port = (n, size, down, after) => (down ? { x: n.x, y: n.y + (after ? 1 : -1) * size.height / 2 } : { x: n.x + (after ? 1 : -1) * size.width / 2, y: n.y });

// arrange lays a component out, from left to right or from the top down.
export function arrange({ nodes = [], edges = [] }, down) {
  const size = down ? { width: 172, height: 80 } : { width: 210, height: 80 };
  const g = new Graph({ multigraph: true });
  g.setGraph({ rankdir: down ? 'TB' : 'LR', nodesep: down ? 16 : 24, ranksep: down ? 58 : 44, edgesep: 16, marginx: 12, marginy: 16 });
  for (const n of nodes) g.setNode(n.id, { ...size });
  const room = (e) => ({ width: Math.min(84, shortLabel(e.label).length * 6.4), height: 16, labelpos: 'c', weight: e.kind === 'failure' ? 1 : 3 });
  edges.forEach((e, i) => g.setEdge(e.from, e.to, room(e), String(i)));
  layout(g);
  const { width, height } = g.graph();
  const lines = edges.map((edge, i) => {
    const { points, x, y } = g.edge(edge.from, edge.to, String(i));
    const forward = points[0][down ? 'y' : 'x'] < points.at(-1)[down ? 'y' : 'x'];
    const [a, b] = [port(g.node(edge.from), size, down, forward), port(g.node(edge.to), size, down, !forward)];
    return points.length > 3 ? { edge, x, y, points: [a, ...points.slice(1, -1), b] } : { edge, points: [a, b] };
  });
  const taken = lines.filter((l) => l.edge.label && l.x !== undefined);
  const slope = ({ points: [a, b] }) => (down ? Math.abs(a.x - b.x) : Math.abs(a.y - b.y));
  for (const line of lines.filter((l) => l.edge.label && l.x === undefined).sort((l, m) => slope(l) - slope(m)))
    taken.push(Object.assign(line, free(...line.points, down, taken)));
  return {
    width, height,
    nodes: nodes.map((node) => ({ node, size, x: g.node(node.id).x - size.width / 2, y: g.node(node.id).y - size.height / 2 })),
    edges: lines.map(({ edge, x, y, points }) => ({ edge, x, y, d: curve(points, down) })),
  };
}
