/** A part of a bar; `fill` is a class of the picture's style sheet. */
export interface Segment {
  readonly value: number;
  readonly fill: string;
  /** Name, figure and unit: a browser shows it under the pointer. */
  readonly title: string;
  /** Written on the part where it fits. */
  readonly text?: string;
}

export interface Bar {
  /** On the left. A bar without a label belongs to the group above. */
  readonly label?: string;
  readonly segments: readonly Segment[];
  /** Written after the bar. */
  readonly text: string;
  /** A thin line over the end of the bar, from the least to the most that was measured. */
  readonly range?: { readonly min: number; readonly max: number };
}

export interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
  readonly legend: readonly { readonly fill: string; readonly text: string }[];
}

export const PANEL_WIDTH = 450;
const LABEL_WIDTH = 132;
/** For the figure after the longest bar. */
const TEXT_WIDTH = 92;
const BAR_HEIGHT = 17;
const BAR_GAP = 4;
const GROUP_GAP = 10;
const HEAD_HEIGHT = 44;
const LEGEND_HEIGHT = 26;
/** Roughly the width of a digit at 11 px. A figure that does not fit into its part is only in the title. */
const DIGIT_WIDTH = 7;
const LETTER_WIDTH = 6.2;

export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

export function panelHeight({ bars, legend }: Panel): number {
  const last = bars.length;
  return HEAD_HEIGHT + barTop(bars, last) + (legend.length > 0 ? LEGEND_HEIGHT : 0);
}

/** Draws horizontal bars on one scale that begins at zero. */
export function drawPanel(panel: Panel, x: number, y: number): string {
  const { title, unit, bars, legend } = panel;
  const longest = Math.max(...bars.map(({ segments, range }) => Math.max(total(segments), range?.max ?? 0)));
  const scale = longest > 0 ? (PANEL_WIDTH - LABEL_WIDTH - TEXT_WIDTH) / longest : 0;
  const drawn = bars.map((bar, index) => drawBar(bar, HEAD_HEIGHT + barTop(bars, index), scale));
  const bottom = HEAD_HEIGHT + barTop(bars, bars.length) + 14;
  return [
    `<g transform="translate(${x} ${y})">`,
    `<text class="title" y="14">${escapeXml(title)}</text>`,
    `<text class="quiet" y="31">${escapeXml(unit)}</text>`,
    ...drawn,
    ...drawLegend(legend, bottom),
    '</g>',
  ].join('\n');
}

function drawBar({ label, segments, text, range }: Bar, y: number, scale: number): string {
  const middle = y + BAR_HEIGHT / 2;
  const parts: string[] = [];
  if (label !== undefined) {
    parts.push(
      `<text class="label" x="${LABEL_WIDTH - 8}" y="${round(middle + 4)}">${escapeXml(label)}</text>`,
    );
  }
  let x = LABEL_WIDTH;
  for (const segment of segments) {
    const width = segment.value * scale;
    parts.push(
      `<rect class="${segment.fill}" x="${round(x)}" y="${y}" width="${round(width)}" height="${BAR_HEIGHT}">` +
        `<title>${escapeXml(segment.title)}</title></rect>`,
    );
    const inside = segment.text ?? '';
    if (inside !== '' && width > inside.length * DIGIT_WIDTH + 4) {
      parts.push(
        `<text class="inside" x="${round(x + width / 2)}" y="${round(middle + 4)}">${escapeXml(inside)}</text>`,
      );
    }
    x += width;
  }
  let end = x;
  if (range) {
    end = LABEL_WIDTH + range.max * scale;
    const from = LABEL_WIDTH + range.min * scale;
    parts.push(
      `<path class="range" d="M${round(from)} ${middle}H${round(end)}M${round(from)} ${middle - 4}v8M${round(end)} ${middle - 4}v8"/>`,
    );
  }
  parts.push(
    `<text class="figure" x="${round(Math.max(x, end) + 6)}" y="${round(middle + 4)}">${escapeXml(text)}</text>`,
  );
  return parts.join('\n');
}

function drawLegend(legend: Panel['legend'], y: number): string[] {
  const widths = legend.map(({ text }) => 28 + text.length * LETTER_WIDTH);
  // The legend begins below the bars where it fits, otherwise further to the left.
  let x = Math.max(0, Math.min(LABEL_WIDTH, PANEL_WIDTH - widths.reduce((sum, width) => sum + width, 0)));
  return legend.map(({ fill, text }, index) => {
    const at = x;
    x += widths[index] ?? 0;
    return `<rect class="${fill}" x="${round(at)}" y="${y - 9}" width="11" height="11"/><text class="quiet" x="${round(at + 16)}" y="${y}">${escapeXml(text)}</text>`;
  });
}

/** The distance of a bar from the head. There is a gap between groups. */
function barTop(bars: readonly Bar[], index: number): number {
  const before = bars.slice(0, index + 1);
  const groups = before.filter(({ label }, at) => label !== undefined && at > 0).length;
  return index * (BAR_HEIGHT + BAR_GAP) + groups * GROUP_GAP;
}

const total = (segments: readonly Segment[]): number => segments.reduce((sum, { value }) => sum + value, 0);
const round = (value: number): number => Math.round(value * 10) / 10;
