import { useNow } from '../state/data.ts';
import { useTexts } from '../state/texts.ts';

export const HOUR_MS = 3_600_000;

/** Until when: amber, and red in the last hours. */
export function Due({ at, urgentMs = HOUR_MS }: { at: string; urgentMs?: number }) {
  const { t, f } = useTexts();
  const left = Date.parse(at) - useNow(15_000);
  return (
    <span class={left < urgentMs ? 'is-bad' : 'is-warn'} title={f.exact(at)}>
      {left < 0 ? t('queue.overdue', { age: f.age(-left) }) : t('queue.in', { age: f.age(left) })}
    </span>
  );
}
