// timeline places times on a line from 0 to 1. A pause in which nothing happens is drawn no longer than a fifth of all the rest.
export function timeline(hops) {
  const spans = []; // in which something happens
  for (const { startMs, durationMs } of [...hops].sort((a, b) => a.startMs - b.startMs)) {
    const last = spans.at(-1);
    if (last && startMs <= last[1]) last[1] = Math.max(last[1], startMs + durationMs);
    else spans.push([startMs, startMs + durationMs]);
  }
  const longest = Math.max(1, spans.reduce((sum, [from, to]) => sum + to - from, 0)) / 5;
  const marks = [[0, 0]], gaps = []; // a mark is a time, and where it is drawn
  for (const [from, to] of spans) {
    const [time, at] = marks.at(-1);
    const pause = Math.min(from - time, longest);
    if (pause < from - time) gaps.push([at, at + pause]);
    marks.push([from, at + pause], [to, at + pause + to - from]);
  }
  const width = marks.at(-1)[1] || 1;
  const between = (x, i, o) => { // from column i of the marks to column o
    const k = marks.findIndex((m, n) => n > 0 && m[i] >= x);
    const [a, b] = k > 0 ? [marks[k - 1], marks[k]] : [marks.at(-1), marks.at(-1)];
    return b[i] === a[i] ? b[o] : a[o] + (x - a[i]) / (b[i] - a[i]) * (b[o] - a[o]);
  };
  return { at: (time) => between(time, 0, 1) / width, time: (at) => between(at * width, 1, 0), gaps: gaps.map(([from, to]) => [from / width, to / width]) };
}
