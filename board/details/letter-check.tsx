import type { RefObject } from 'preact';
import type { DeadLetterCheck } from '../../src/contracts/http/dead-letters.ts';
import { positionOf } from '../lib/json-positions.ts';
import { textOr, useTexts } from '../state/texts.ts';
import { Icon } from '../ui/basics.tsx';

/** What a replay would lead to. Each field leads to where it stands in the text that was checked. */
export function CheckResult({
  check: { accepted, reason = '', detail, errors },
  text,
  field: area,
}: {
  check: DeadLetterCheck;
  text: string;
  field: RefObject<HTMLTextAreaElement | null>;
}) {
  const { t } = useTexts();
  const select = (from: number, to: number) => {
    area.current?.focus();
    area.current?.setSelectionRange(from, to);
  };
  if (accepted)
    return (
      <div class="note green">
        <Icon name="check" />
        <span class="grow">
          <b class="strong">{t('check.accepted')}</b> <span class="muted">{t('check.nothingDone')}</span>
        </span>
      </div>
    );
  return (
    <div class="note amber">
      <Icon name="alert" />
      <div class="grow stack">
        <span>
          <b class="strong">{t('check.refused')}</b> {textOr(`problem.${reason}`, detail ?? '')}{' '}
          <code>{reason}</code>
        </span>
        {errors.length === 0 ? (
          <span class="muted">{detail}</span>
        ) : (
          <ul>
            {errors.map(({ field, message }) => {
              // The text is the data of the message, and its fields begin with that.
              const at = positionOf(text, field.replace(/^data\.?/, ''));
              return (
                <li key={field}>
                  <code>{field}</code> {message}{' '}
                  {at && (
                    <button
                      type="button"
                      class="btn sm"
                      onClick={() => {
                        select(at.from, at.to);
                      }}
                    >
                      {t('check.line', { n: at.line })}
                    </button>
                  )}
                </li>
              );
            })}
          </ul>
        )}
      </div>
    </div>
  );
}
