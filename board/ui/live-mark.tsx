import { useStore } from '../lib/store.ts';
import { useNow } from '../state/data.ts';
import { live } from '../state/live.ts';
import { useTexts } from '../state/texts.ts';

/** The live mark. When nothing comes any more, it says how old the figures are. */
export function LiveMark() {
  const { t, f } = useTexts();
  const { stale, lastMessageAt, startedAt, connection } = useStore(live);
  const now = useNow();
  if (connection === 'denied') return null;
  if (stale)
    return (
      // Read aloud once, and not with every second.
      <span class="live stale" role="status" aria-atomic="false" aria-relevant="additions">
        <i aria-hidden="true" />
        <span>{t('live.lost', { age: f.age(now - (lastMessageAt ?? startedAt)) })}</span>
      </span>
    );
  return (
    <span class="live">
      <i aria-hidden="true" class={lastMessageAt === undefined ? 'off' : ''} />
      <span>{lastMessageAt === undefined ? t('live.connecting') : t('live.live')}</span>
    </span>
  );
}
