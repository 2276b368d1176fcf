/** Keys of texts. */
type ProblemTitle = 'state.doneUnknown' | 'state.notDone' | 'state.denied' | 'state.failed';

/**
 * What a problem means, in a sentence. Of an action whose answer was lost or failed nobody knows here whether it was done.
 *
 * @param status of the answer; 0: there was none
 */
export function problemTitle(status: number, isAction: boolean): ProblemTitle {
  if (isAction) return status === 0 || status >= 500 ? 'state.doneUnknown' : 'state.notDone';
  return status === 403 ? 'state.denied' : 'state.failed';
}
