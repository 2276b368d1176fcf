import type { BrakeView } from '../../src/contracts/http/brakes.ts';
import type { BrakeKind } from '../../src/contracts/brakes.ts';
import { pathOf, send } from '../api/client.ts';
import { refreshBrakes } from '../state/brakes.ts';
import { textOr, type Translate } from '../state/texts.ts';
import type { ActionOf } from './dialog.tsx';

export interface BrakeTarget {
  kind: BrakeKind;
  target: string;
}

/** For the beginning of a line. */
export const capitalized = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1);

/** What is paused, within a sentence. */
export const nameOf = (t: Translate, { kind, target }: BrakeTarget): string =>
  kind === 'intake'
    ? textOr(`brakes.intake.${target}`, t('brakes.intake.source', { source: target }))
    : kind === 'provider'
      ? t('brakes.provider.stripe')
      : t('brakes.sku.one', { sku: target });

/** The sentence of the notice. */
export function pausedSentence(t: Translate, brake: BrakeTarget): string {
  const sentence = t(`brakes.${brake.kind}.paused`, { what: nameOf(t, brake), sku: brake.target });
  // A SKU is written as it is.
  return brake.kind === 'sku' ? sentence : capitalized(sentence);
}

/** What happens when it is paused, and what goes on. */
function consequencesOf(t: Translate, { kind, target }: BrakeTarget): string[] {
  switch (kind) {
    case 'provider':
      return [t('brakes.provider.waits'), t('brakes.provider.goesOn'), t('brakes.provider.customer')];
    case 'sku':
      return [t('brakes.sku.refused'), t('brakes.sku.goesOn')];
    case 'intake': {
      const byHttp = target === 'all' || target === 'http';
      const byMessage = target !== 'http' && target !== 'zeromq';
      const byZeroMq = target !== 'http' && target !== 'rabbitmq' && target !== 'kafka';
      return [
        ...(byHttp ? [t('brakes.intake.refused')] : []),
        ...(byMessage ? [t('brakes.intake.waits')] : []),
        ...(byZeroMq ? [t('brakes.intake.zeromqRefused')] : []),
        t('brakes.intake.goesOn'),
      ];
    }
  }
}

export const pauseAction = (t: Translate, brake: BrakeTarget): ActionOf<BrakeView> => ({
  title: capitalized(t('brakes.pauseTitle', { what: nameOf(t, brake) })),
  what: [...consequencesOf(t, brake), t('brakes.everywhere')],
  verb: capitalized(t('brakes.pauseVerb', { what: nameOf(t, brake) })),
  isDanger: true,
  note: 'required',
  noteHint: t('brakes.noteHint'),
  run: ({ note = '' }) => send('POST', '/v1/brakes', { body: { ...brake, reason: note } }),
  result: (value) => pausedSentence(t, value),
  onDone: refreshBrakes,
});

export const resumeAction = (t: Translate, brake: BrakeView, onDone?: () => void): ActionOf<BrakeView> => ({
  title: capitalized(t('brakes.resumeTitle', { what: nameOf(t, brake) })),
  what: [t(`brakes.${brake.kind}.resumes`), t('brakes.everywhere')],
  verb: capitalized(t('brakes.resumeVerb', { what: nameOf(t, brake) })),
  note: 'required',
  noteHint: t('brakes.noteHint'),
  run: ({ note = '' }) =>
    send('POST', pathOf('brakes', String(brake.brakeId), 'release'), { body: { reason: note } }),
  result: () => capitalized(t('brakes.resumed', { what: nameOf(t, brake) })),
  onDone: () => {
    refreshBrakes();
    onDone?.();
  },
});
