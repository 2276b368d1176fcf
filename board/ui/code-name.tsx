import { textOr } from '../state/texts.ts';

/** The name of a code in the language of the board, with the code beside it. A code without a name stands for itself. */
export function ReasonName({
  of,
  code,
}: {
  of: 'problem' | 'disputeReason' | 'disputeStatus' | 'endpointReason' | 'reason';
  code: string;
}) {
  const name = textOr(`${of}.${code}`, code);
  return name === code ? (
    <code>{code}</code>
  ) : (
    <>
      {name} <small class="mono faint">{code}</small>
    </>
  );
}
