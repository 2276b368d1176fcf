import assert from 'node:assert/strict';
import { createTexts, type Text } from '../../board/lib/texts.ts';
import { de } from '../../board/locales/de.ts';
import { en } from '../../board/locales/en.ts';
import { zh } from '../../board/locales/zh.ts';
import { ORDER_STATUSES } from '../../src/contracts/order-status.ts';
import { SHIPMENT_STATUSES } from '../../src/contracts/shipping-states.ts';
import { MAIL_KINDS } from '../../src/contracts/mail-kinds.ts';
import { EVENT_TYPES } from '../../src/contracts/messages.ts';
import { eventName } from '../../board/lib/events.ts';

const variants = (text: Text): string[] => (typeof text === 'string' ? [text] : [text.one, text.other]);
const parameters = (text: string): string[] =>
  [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).sort();

describe('the texts of the board', () => {
  for (const [locale, catalogue] of Object.entries({ de, zh })) {
    it(`have the same keys and parameters in ${locale} as in English`, () => {
      assert.deepEqual(Object.keys(catalogue).sort(), Object.keys(en).sort());
      for (const [key, text] of Object.entries(catalogue)) {
        const allowed = variants(en[key as keyof typeof en]).flatMap(parameters);
        for (const variant of variants(text)) {
          assert.notEqual(variant, '', key);
          for (const name of parameters(variant)) assert.ok(allowed.includes(name), `${key}: {${name}}`);
        }
        const other = variants(text).at(-1) ?? '';
        assert.deepEqual([...new Set(parameters(other))], [...new Set(allowed)].sort(), key);
      }
    });
  }

  it('have a word for every status, shipment, mail and event', () => {
    const keys = new Set(Object.keys(en));
    for (const status of ORDER_STATUSES) assert.ok(keys.has(`status.${status}`), status);
    for (const status of SHIPMENT_STATUSES) assert.ok(keys.has(`shipment.${status}`), status);
    for (const kind of MAIL_KINDS) assert.ok(keys.has(`mail.${kind}`), kind);
    for (const type of EVENT_TYPES.filter((name) => name.includes('.order.'))) {
      const name = eventName(type);
      assert.ok(keys.has(`event.${name}`) || keys.has(`status.${name}`), name);
    }
  });

  it('choose the singular as the language counts, and fill in numbers in its format', () => {
    const english = createTexts('en', { a: { one: '{n} order', other: '{n} orders' }, b: 'at {time}' });
    assert.equal(english('a', { n: 1 }), '1 order');
    assert.equal(english('a', { n: 0 }), '0 orders');
    assert.equal(english('a', { n: 1_234 }), '1,234 orders');
    assert.equal(english('b', { time: '14:02' }), 'at 14:02');
    assert.equal(english('b'), 'at {time}');
    assert.equal(createTexts('de', { a: 'Seit {age}.' })('a', { age: '5 Std.' }), 'Seit 5 Std.');
    assert.equal(createTexts('de', { a: '{n} Stück' })('a', { n: 1_234 }), '1.234 Stück');
  });
});
