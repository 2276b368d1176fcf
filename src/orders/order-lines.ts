import { Problem, type FieldError } from '../contracts/errors.ts';
import type { OrderView } from '../contracts/http/order.ts';
import type { LineQuantity } from '../contracts/http/shipments.ts';
import type { LinesLeft } from '../contracts/temporal/operations.ts';

/**
 * Checks that the lines are lines of the order, each named once.
 *
 * @throws {Problem} `invalid_request`
 */
export function requireOrderLines({ lines }: Pick<OrderView, 'lines'>, asked: readonly LineQuantity[]): void {
  const errors = asked.flatMap(({ line }, index): FieldError[] => {
    const field = `lines[${index}].line`;
    if (line > lines.length) return [{ field, message: `must be at most ${lines.length}` }];
    const isRepeated = asked.findIndex((other) => other.line === line) < index;
    return isRepeated ? [{ field, message: 'must name each line once' }] : [];
  });
  if (errors.length > 0) throw invalidLines(errors);
}

export function invalidLines(errors: FieldError[]): Problem {
  const fields = errors.map(({ field, message }) => `${field} ${message}`);
  return new Problem('invalid_request', `${fields.slice(0, 3).join(', ')}.`, { errors });
}

/** The problem for lines of which too many pieces were asked for: it says how many are left of each. */
export function tooManyPieces(
  code: 'quantity_exceeds_line' | 'not_restockable' | 'not_returnable' | 'too_late',
  why: string,
  linesLeft: LinesLeft,
  extra: Record<string, unknown> = {},
): Problem {
  const left = linesLeft.map((each) => `${each.left} of line ${each.line}`).join(', ');
  return new Problem(code, `${why} Left: ${left}.`, {
    errors: linesLeft.map(({ line, left: pieces }) => ({
      field: 'lines',
      message: `line ${line}: must be at most ${pieces}`,
    })),
    extra: { lines: linesLeft, ...extra },
  });
}
