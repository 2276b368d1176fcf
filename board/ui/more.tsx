import { useEffect, useRef } from 'preact/hooks';
import { useTexts } from '../state/texts.ts';

/**
 * Loads the next page when it comes into view. A button too, for those who do not scroll.
 *
 * @param read another value once a page was read: what is still in view then loads the next one. A page that failed is not asked for by itself
 */
export function More({ onReached, read }: { onReached: () => void; read: string | number }) {
  const { t } = useTexts();
  const element = useRef<HTMLButtonElement>(null);
  const latest = useRef(onReached);
  latest.current = onReached;
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) latest.current();
      },
      { rootMargin: '400px' },
    );
    if (element.current) observer.observe(element.current);
    return () => {
      observer.disconnect();
    };
  }, [read]);
  return (
    <button ref={element} type="button" class="link" onClick={onReached}>
      {t('orders.more')}
    </button>
  );
}
