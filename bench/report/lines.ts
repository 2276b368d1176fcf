import { escapeXml, PANEL_WIDTH } from './bars.ts';

/** A line of a chart; `stroke` is a class of the picture's style sheet. */
export interface Series {
  readonly title: string;
  readonly stroke: string;
  /** From the left to the right. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly series: readonly Series[];
}

const HEIGHT = 300;
const LEFT = 46;
const RIGHT = 110;
const TOP = 48;
const BOTTOM = 30;
/** The distance between two names, so that they do not overlap. */
const NAME_HEIGHT = 14;

export const chartHeight = (): number => HEIGHT;

/** Draws lines over a linear x axis and a logarithmic y axis. The name of a line is at its end: beside it at the edge, otherwise above it. */
export function drawChart({ title, unit, series }: Chart, x: number, y: number): string {
  const all = series.flatMap(({ points }) => points);
  const [least, most] = [
    10 ** Math.floor(Math.log10(Math.min(...all.map((point) => point.y)))),
    10 ** Math.ceil(Math.log10(Math.max(...all.map((point) => point.y)))),
  ];
  const widest = Math.max(...all.map((point) => point.x));
  const [width, height] = [PANEL_WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM];
  const decades = Math.max(1, Math.log10(most / least));
  const atX = (value: number): number => round(LEFT + (value / widest) * width);
  const atY = (value: number): number => round(TOP + height - (Math.log10(value / least) / decades) * height);

  const grid = Array.from({ length: Math.round(decades) + 1 }, (_, n) => least * 10 ** n).map(
    (value) =>
      `<path class="grid" d="M${LEFT} ${atY(value)}H${LEFT + width}"/>` +
      `<text class="tick" x="${LEFT - 6}" y="${atY(value) + 4}">${value.toLocaleString('en')}</text>`,
  );
  const ticks = [...new Set(all.map((point) => point.x))].map(
    (value) => `<text class="middle" x="${atX(value)}" y="${HEIGHT - 10}">${value}</text>`,
  );
  const ends = series.map(({ points }) => {
    const last = points.at(-1);
    return { x: atX(last?.x ?? 0), y: atY(last?.y ?? least) };
  });
  const names = placeNames(ends);
  const lines = series.map(({ title: name, stroke, points }, index) => {
    const path = points.map((point, n) => `${n === 0 ? 'M' : 'L'}${atX(point.x)} ${atY(point.y)}`).join('');
    const { x: endX } = ends[index] ?? { x: 0 };
    const y = names[index] ?? 0;
    const named =
      endX < LEFT + width
        ? `<text class="middle" x="${endX}" y="${round(y - 6)}">`
        : `<text class="quiet" x="${endX + 6}" y="${round(y + 4)}">`;
    return (
      `<path class="line ${stroke}" d="${path}"><title>${escapeXml(name)}</title></path>` +
      `${named}${escapeXml(name)}</text>`
    );
  });
  return [
    `<g transform="translate(${x} ${y})">`,
    `<text class="title" y="14">${escapeXml(title)}</text>`,
    `<text class="quiet" y="31">${escapeXml(unit)}</text>`,
    ...grid,
    ...ticks,
    ...lines,
    '</g>',
  ].join('\n');
}

/** The heights of the names. Where lines end at the same x, their names are moved apart, in the order of the lines. */
function placeNames(ends: readonly { readonly x: number; readonly y: number }[]): number[] {
  const placed = ends.map(({ y }) => y);
  const lowest = new Map<number, number>();
  const order = ends.map((end, index) => ({ ...end, index })).sort((a, b) => a.y - b.y);
  for (const { x, y, index } of order) {
    const at = Math.max(y, (lowest.get(x) ?? -Infinity) + NAME_HEIGHT);
    placed[index] = at;
    lowest.set(x, at);
  }
  return placed;
}

const round = (value: number): number => Math.round(value * 10) / 10;
