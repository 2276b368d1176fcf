import { sumOfNeeds } from '../../src/domain/situation/queues.ts';
import { hrefOf } from '../lib/router.ts';
import { useStore } from '../lib/store.ts';
import { type Entry, isAllowed, isCurrent } from './entries.ts';
import { figures } from '../state/live.ts';
import { route } from '../state/navigation.ts';
import { useTexts } from '../state/texts.ts';
import { Icon } from './basics.tsx';

export function Entries({ entries }: { entries: readonly Entry[] }) {
  const { t, f } = useTexts();
  const present = useStore(route);
  const shown = useStore(figures);
  const needs = sumOfNeeds(shown?.queues ?? []);
  const letters = shown?.queues.find(({ name }) => name.startsWith('dead'))?.count ?? 0;
  return (
    <>
      {entries.filter(isAllowed).map((entry) => (
        <a
          key={entry.page}
          class="nav"
          href={hrefOf(entry.to)}
          aria-current={isCurrent(entry, present) ? 'page' : undefined}
        >
          <Icon name={entry.icon} />
          {t(entry.text)}
          {entry.page === 'queues' && needs.count > 0 && (
            <span class="count act">
              {f.count(needs.count)}
              {needs.atLeast && '+'}
            </span>
          )}
          {entry.page === 'dead-letters' && letters > 0 && <span class="count">{f.count(letters)}</span>}
        </a>
      ))}
    </>
  );
}

export function NeedsBadge() {
  const { f } = useTexts();
  const { count, atLeast } = sumOfNeeds(useStore(figures)?.queues ?? []);
  if (count === 0) return null;
  return (
    <span class="badge">
      {f.count(count)}
      {atLeast && '+'}
    </span>
  );
}
