import type { TreeRow } from '../../harness/collected-spans.ts';

const ROW = 22;
const NAMES = 330;
const TIMES = 620;
const PADDING = 16;
const AXIS = 26;

/** The fill of a bar by the kind of its span, light and dark alike. */
const COLOURS: Readonly<Record<string, string>> = {
  server: '#4c6ef5',
  consumer: '#4c6ef5',
  producer: '#e8590c',
  client: '#2b8a3e',
  internal: '#868e96',
};

/** Draws a trace: a bar for each span from its beginning to its end, below its parent. An SVG. */
export function waterfall(rows: readonly TreeRow[]): string {
  const endMs = Math.max(1, ...rows.map(({ startMs, durationMs }) => startMs + durationMs));
  const x = (ms: number): number => NAMES + (ms / endMs) * TIMES;
  const width = NAMES + TIMES + 2 * PADDING + 60;
  const height = AXIS + rows.length * ROW + 2 * PADDING;
  const ticks = Array.from({ length: 5 }, (_, n) => (endMs * n) / 4);
  const axis = ticks.map(
    (ms) =>
      `<line x1="${x(ms).toFixed(1)}" y1="${AXIS}" x2="${x(ms).toFixed(1)}" y2="${AXIS + rows.length * ROW}" class="grid"/>` +
      `<text x="${x(ms).toFixed(1)}" y="14" text-anchor="middle" class="quiet">${ms.toFixed(0)} ms</text>`,
  );
  const bars = rows.map(({ span, depth, startMs, durationMs }, index) => {
    const y = AXIS + index * ROW;
    const length = Math.max(2, (durationMs / endMs) * TIMES);
    return (
      `<text x="${depth * 12}" y="${y + 15}">${escaped(span.name)}</text>` +
      `<rect x="${x(startMs).toFixed(1)}" y="${y + 4}" width="${length.toFixed(1)}" height="${ROW - 8}" rx="3" fill="${COLOURS[span.kind] ?? '#868e96'}"/>` +
      `<text x="${(x(startMs) + length + 5).toFixed(1)}" y="${y + 15}" class="quiet">${durationMs.toFixed(1)}</text>`
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-PADDING} ${-PADDING} ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">
<style>
  .page { fill: #ffffff } text { fill: #212529 } .quiet { fill: #6c757d; font-size: 11px } .grid { stroke: #e9ecef }
  @media (prefers-color-scheme: dark) { .page { fill: #0d1117 } text { fill: #e6edf3 } .quiet { fill: #9198a1 } .grid { stroke: #30363d } }
</style>
<rect x="${-PADDING}" y="${-PADDING}" width="${width}" height="${height}" class="page"/>
${axis.join('\n')}
${bars.join('\n')}
</svg>
`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
