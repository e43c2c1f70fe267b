// Where the nodes and edges of a component are drawn.
import { Graph, layout } from './vendor/dagre.mjs';

export const nodeSize = { width: 208, height: 84 };

export const shortLabel = (label) => {
  const [first, ...others] = label.split(/,\s*/);
  return others.length ? `${first} +${others.length}` : first;
};

// curve is a smooth path through points.
function curve(points) {
  const [from, ...rest] = points;
  const at = (p) => `${p.x.toFixed(1)},${p.y.toFixed(1)}`;
  const middle = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  let d = `M${at(from)}`;
  rest.forEach((p, i) => {
    const next = rest[i + 1];
    d += next ? `Q${at(p)} ${at(i + 2 < rest.length ? middle(p, next) : next)}` : i === 0 ? `L${at(p)}` : '';
  });
  return d;
}

// arrange lays a component out, from left to right or from the top down.
export function arrange({ nodes = [], edges = [] }, down) {
  const g = new Graph({ multigraph: true });
  g.setGraph({ rankdir: down ? 'TB' : 'LR', nodesep: down ? 20 : 26, ranksep: down ? 34 : 30, edgesep: 14, marginx: 12, marginy: 16 });
  for (const n of nodes) g.setNode(n.id, { ...nodeSize });
  edges.forEach((e, i) => g.setEdge(e.from, e.to, { width: Math.max(16, shortLabel(e.label).length * 6.4), height: 16, labelpos: 'c', weight: e.kind === 'failure' ? 1 : 3 }, String(i)));
  layout(g);
  const { width, height } = g.graph();
  return {
    width, height,
    nodes: nodes.map((node) => ({ node, x: g.node(node.id).x - nodeSize.width / 2, y: g.node(node.id).y - nodeSize.height / 2 })),
    edges: edges.map((edge, i) => {
      const { points, x, y } = g.edge(edge.from, edge.to, String(i));
      return { edge, d: curve(points), x, y };
    }),
  };
}
