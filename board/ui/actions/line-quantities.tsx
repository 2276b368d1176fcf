import { useState } from 'preact/hooks';
import { useTexts } from '../../state/texts.ts';

/** A line of an order, and how many of its pieces may be chosen. */
export interface LineToChoose {
  line: number;
  sku: string;
  title?: string;
  most: number;
}

/** Pieces of the lines of an order, as a person chooses them. `initial`: how many are chosen at first. */
export function useQuantities(lines: readonly LineToChoose[], initial: 'all' | 'none') {
  const [chosen, setChosen] = useState<ReadonlyMap<number, number>>(
    new Map(lines.map(({ line, most }) => [line, initial === 'all' ? most : 0])),
  );
  const quantities = [...chosen]
    .filter(([, quantity]) => quantity > 0)
    .map(([line, quantity]) => ({ line, quantity }));
  return {
    quantities,
    pieces: quantities.reduce((sum, { quantity }) => sum + quantity, 0),
    isAll: lines.every(({ line, most }) => chosen.get(line) === most),
    choose: (line: number, quantity: number) => {
      setChosen(new Map([...chosen, [line, quantity]]));
    },
    lines,
    chosen,
  };
}

/** How many pieces of each line. Lines without pieces to choose are left out. */
export function LineQuantities({ of, heading }: { of: ReturnType<typeof useQuantities>; heading: string }) {
  const { t } = useTexts();
  return (
    <table class="ledger in">
      <thead>
        <tr>
          <th>{t('lines.item')}</th>
          <th class="num">{t('cancel.of')}</th>
          <th class="num">{heading}</th>
        </tr>
      </thead>
      <tbody>
        {of.lines
          .filter(({ most }) => most > 0)
          .map(({ line, title, sku, most }) => (
            <tr key={line}>
              <td>
                {title} <span class="faint mono">{sku}</span>
              </td>
              <td class="num">{most}</td>
              <td class="num">
                <input
                  class="input small"
                  type="number"
                  min={0}
                  max={most}
                  aria-label={`${heading}, ${sku}`}
                  value={of.chosen.get(line) ?? 0}
                  onInput={(event) => {
                    const value = Math.floor(Number(event.currentTarget.value));
                    of.choose(line, Number.isFinite(value) ? Math.min(most, Math.max(0, value)) : 0);
                  }}
                />
              </td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}
