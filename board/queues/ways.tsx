import { ActionButton } from '../ui/basics.tsx';
import type { Row, WayOf } from './row.tsx';

/** What can be done about a row, each way with its consequence and its key. */
export const Ways = ({ row, ask }: { row: Row; ask: (row: Row, way: WayOf) => void }) =>
  row.ways === undefined || row.ways.length === 0 ? null : (
    <div class="ways one">
      {row.ways.map((way) => (
        <div key={way.key} class="way">
          <p>
            <b>{way.verb}.</b> {way.text}
          </p>
          <ActionButton
            scope={way.scope}
            shortcut={way.key}
            onClick={() => {
              ask(row, way);
            }}
          >
            {way.verb}…
          </ActionButton>
        </div>
      ))}
    </div>
  );
