/** A measured result is wrong, so the measurement does not count. */
export class WrongResult extends Error {
  override readonly name = 'WrongResult';
}

/** @throws {WrongResult} */
export function expectEqual(what: string, actual: number, expected: number): void {
  if (actual !== expected) throw new WrongResult(`${what}: expected ${expected}, found ${actual}`);
}
