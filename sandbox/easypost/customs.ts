import type { AddressRecord, ShipmentRecord } from './records.ts';

/** The customs union of the European Union. */
const CUSTOMS_UNION = new Set(
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MC MT NL PL PT RO SE SI SK'.split(' '),
);

/** Whether a parcel needs a customs declaration. @see https://docs.easypost.com/guides/customs-guide */
export const needsCustoms = (from: AddressRecord, to: AddressRecord): boolean =>
  from.country !== to.country && !(CUSTOMS_UNION.has(from.country) && CUSTOMS_UNION.has(to.country));

/** The answer of a carrier to a shipment that lacks its declaration, in EasyPost's words. */
export const CUSTOMS_MISSING: ShipmentRecord['messages'][number] = {
  carrier: 'USPS',
  type: 'rate_error',
  message:
    "Unable to proceed, 'customs_info' is required for international shipments, shipments bound for US military bases, or US territories.",
};
