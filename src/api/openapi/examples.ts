import { BATCH_EXAMPLES } from './batch-examples.ts';
import { BOARD_EXAMPLES } from './board-examples.ts';
import { BRAKE_EXAMPLES } from './brake-examples.ts';
import { isObject, mapValues, type Json } from './walk.ts';
import { ORDER_EXAMPLES } from './order-examples.ts';
import { RETURN_EXAMPLES } from './return-examples.ts';
import { RUN_EXAMPLES } from './run-examples.ts';
import { SHIPMENT_EXAMPLES } from './shipment-examples.ts';
import { SHOP_EXAMPLES } from './shop-examples.ts';
import { WEBHOOK_EXAMPLES } from './webhook-examples.ts';

/** One example of each schema that is a body or an answer, by the title of the schema. A list has that of its items. */
const EXAMPLES: Json = {
  ...BATCH_EXAMPLES,
  ...BOARD_EXAMPLES,
  ...BRAKE_EXAMPLES,
  ...ORDER_EXAMPLES,
  ...RETURN_EXAMPLES,
  ...RUN_EXAMPLES,
  ...SHIPMENT_EXAMPLES,
  ...SHOP_EXAMPLES,
  ...WEBHOOK_EXAMPLES,
};

/**
 * Adds the examples to the schemas of the components.
 *
 * @throws {Error} for an example whose schema is not in the document
 */
export function withExamples(schemas: Json): Json {
  for (const title of Object.keys(EXAMPLES))
    if (!Object.hasOwn(schemas, title))
      throw new Error(
        `The API has an example of ${title} and no schema with that title: remove the example.`,
      );
  return mapValues(schemas, (schema, title) =>
    isObject(schema) && Object.hasOwn(EXAMPLES, title) ? { ...schema, examples: [EXAMPLES[title]] } : schema,
  );
}
