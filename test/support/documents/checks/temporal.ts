import type { Document, Finding } from '../text/document.ts';
import { namedBy } from './named-by.ts';

/** The names that Temporal sees, by the noun that the documents use for them. */
export type TemporalNames = ReadonlyMap<string, ReadonlySet<string>>;

/** Names after "workflow", "activity", "task queue", "search attribute", "update" and "signal", and in queries of workflows. */
export function checkTemporal({ file, codeSpans }: Document, names: TemporalNames): Finding[] {
  const nouns = [...names.keys()];
  const afterNouns = namedBy(codeSpans, nouns)
    // Ids of workflows and updates (`order/<orderId>`), and commands, are no names.
    .filter(({ text }) => /^[A-Za-z]+$/.test(text))
    .filter(({ noun, text }) => names.get(noun)?.has(text) === false)
    .map(({ noun, text, line }) => ({ line, named: `${noun} ${text}`, noun }));
  const inQueries = codeSpans.flatMap(({ text, line }) =>
    [...text.matchAll(/\b([A-Z][A-Za-z]+) = (?:"(\w+)"|true|false)/g)].flatMap(
      ([, attribute = '', value]) => {
        if (attribute === 'WorkflowType')
          return names.get('workflow')?.has(value ?? '') === false
            ? [{ line, named: text, noun: 'workflow' }]
            : [];
        return BUILT_IN.has(attribute) || names.get('search attribute')?.has(attribute)
          ? []
          : [{ line, named: text, noun: 'search attribute' }];
      },
    ),
  );
  return [...afterNouns, ...inQueries].map(({ line, named, noun }) => ({
    file,
    line,
    named,
    fix: `src/contracts has no ${noun} of this name. It has ${[...(names.get(noun) ?? [])].join(', ')}.`,
  }));
}

/** Search attributes that Temporal itself sets. */
const BUILT_IN = new Set(['ExecutionStatus', 'WorkflowId', 'TaskQueue', 'StartTime', 'CloseTime']);
