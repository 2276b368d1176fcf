import type { Actor } from '../../src/contracts/actor.ts';
import { useTexts } from '../state/texts.ts';
import { Icon } from './basics.tsx';

const ICONS = { operator: 'user', client: 'code', system: 'bot', provider: 'bank', carrier: 'truck' };

/** Who has caused something: an icon, and the name or the kind. Nothing for what a version before has written. */
export function ActorName({ of: actor }: { of: Actor | undefined }) {
  const { t } = useTexts();
  if (!actor) return <span class="who" />;
  const { type, id, name, sessionId, batchId } = actor;
  const kind = t(`actor.${type}`);
  const details = [
    kind,
    id,
    sessionId !== undefined && t('actor.session', { id: sessionId }),
    batchId !== undefined && t('actor.batch', { id: batchId }),
  ];
  return (
    <span class="who" title={details.filter(Boolean).join(', ')}>
      <Icon name={ICONS[type]} small />
      {name ?? id ?? kind}
      {(name ?? id) !== undefined && <span class="sr"> ({kind})</span>}
    </span>
  );
}
