import { remarkOf, sentenceOf } from '../../domain/situation/sentence.ts';
import type { Output } from '../output/terminal.ts';
import { clock, healthBlock, needsBlock, ordersBlock, plotBlock, stagesBlock, tilesBlock } from './blocks.ts';
import { beside, fit, render, span, widthOf, wrap, type Line } from './lines.ts';
import type { Shown } from './shown.ts';
import { age, clauseText, remarkText } from './words.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Below this the blocks stand below each other instead of side by side. */
const TWO_COLUMNS = 76;
const FEWEST_ORDERS = 2;

/**
 * The page *Now* as text: the sentence, health, figures, stages, what needs somebody, the last half hour and the newest orders, in at
 * most `rows` lines of at most `columns` columns. What does not fit is left out from below.
 *
 * @param stream decides about colours
 * @param now milliseconds since 1970
 * @param hint the last line
 */
export function drawTop(
  stream: Output,
  shown: Shown,
  { columns, rows }: Size,
  now: number,
  hint?: string,
): string {
  const half = Math.floor(columns / 2);
  const stages = (width: number) => stagesBlock(shown, width);
  const needs = (width: number) => needsBlock(shown, width, now);
  const blocks = [
    head(shown, columns, now),
    healthBlock(shown, columns),
    tilesBlock(shown, columns),
    ...(columns < TWO_COLUMNS
      ? [needs(columns), stages(columns)]
      : [
          beside([
            { columns: half, lines: stages(half - 2) },
            { columns: columns - half, lines: needs(columns - half) },
          ]),
        ]),
    plotBlock(shown, columns),
  ];
  const room = rows - (hint === undefined ? 0 : 1);
  const height = blocks.reduce((sum, { length }) => sum + length, 0);
  // Empty lines between the blocks only where the newest orders fit as well.
  const gap: Line[] = height + blocks.length + FEWEST_ORDERS + 1 <= room ? [[]] : [];
  const above = blocks.flatMap((block) => [...block, ...gap]);
  const orders = ordersBlock(shown, columns, Math.max(FEWEST_ORDERS, room - above.length));
  const lines = [...above, ...orders].slice(0, room);
  if (hint !== undefined) lines.push([span(hint, 'dim')]);
  return lines.map((line) => render(stream, fit(line, columns))).join('\n');
}

/** The sentence, in as many lines as it needs, and who gets events late, with the state of the feed at the right. */
function head(shown: Shown, columns: number, now: number): Line[] {
  const { stats, lost, at } = shown;
  const text = sentenceOf({ ...shown, now })
    .map(clauseText)
    .join(' ');
  const state: Line =
    lost === undefined
      ? [span('● ', 'green'), span(`live, ${clock(at)}`, 'dim')]
      : [span(`▲ feed lost, figures ${age(now - at)} old, connecting again`, 'yellow')];
  const remark: Line = [span(remarkText(remarkOf(stats)))];
  const gap = columns - widthOf(remark) - widthOf(state);
  const below = gap < 2 ? [state, remark] : [[...remark, span(' '.repeat(gap)), ...state]];
  return [...wrap(text, columns).map((line) => [span(line, 'bold')]), ...below];
}
