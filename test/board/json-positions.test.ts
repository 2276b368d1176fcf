import assert from 'node:assert/strict';
import { positionOf } from '../../board/lib/json-positions.ts';

const TEXT = `{
  "customer": { "email": "ada@example.com, {\\"x\\": 1}" },
  "lines": [
    { "sku": "mug-01", "quantity": 1 },
    { "sku": "print-01", "quantity": 0 }
  ]
}`;
const at = (path: string, text = TEXT) => {
  const found = positionOf(text, path);
  return found && { line: found.line, value: text.slice(found.from, found.to) };
};

describe('the place of a field in a JSON text', () => {
  it('is that of its value, however deep', () => {
    assert.deepEqual(at('lines[1].quantity'), { line: 5, value: '0' });
    assert.deepEqual(at('lines[0]'), { line: 4, value: '{ "sku": "mug-01", "quantity": 1 }' });
    assert.equal(at('lines')?.line, 3);
    assert.deepEqual(at('[1].sku', '[{"sku": "a"}, {"sku": "b"}]'), { line: 1, value: '"b"' });
  });

  it('is not mistaken for what stands in a string', () => {
    assert.equal(at('customer.email')?.value, '"ada@example.com, {\\"x\\": 1}"');
    assert.equal(at('customer.x')?.line, 2);
  });

  it('is what should have a member that is missing', () => {
    assert.equal(at('lines[1].title')?.line, 5);
    assert.equal(at('payment.method')?.line, 1);
  });

  it('is unknown in a text that is no JSON', () => {
    assert.equal(at('lines', '{"lines": ['), undefined);
  });
});
