import { hasScope } from '../api/session.ts';
import type { Command } from '../lib/palette.ts';
import { QUEUE_SCOPES, QUEUES } from '../lib/queues.ts';
import { go } from '../state/navigation.ts';
import { texts } from '../state/texts.ts';

/** A line of the palette for each queue that the key may see. */
export const queueCommands = (): Command[] =>
  QUEUES.filter((name) => hasScope(QUEUE_SCOPES[name])).map((queue) => ({
    id: `queue ${queue}`,
    kind: 'page',
    text: texts().t(`queue.${queue}`),
    run: () => {
      go({ page: 'queues', queue });
    },
  }));
