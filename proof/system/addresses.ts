import type { LocationAddress } from '../../src/contracts/http/locations.ts';
import type { Address } from '../../src/contracts/http/order.ts';

export const WAREHOUSE: LocationAddress = {
  name: 'Warehouse',
  line1: '417 Montgomery Street',
  city: 'San Francisco',
  state: 'CA',
  postalCode: '94104',
  country: 'US',
  phone: '4153334445',
};

export const OTHER_WAREHOUSE: LocationAddress = {
  ...WAREHOUSE,
  name: 'Other warehouse',
  line1: '388 Townsend Street',
  postalCode: '94107',
};

/** The address of a customer. `treatment`: how the carrier treats the parcel, as `sandbox/easypost/scenario.ts` lists it. */
export const customerAddress = (treatment?: string): Address => ({
  name: 'Ada',
  line1: '179 N Harbor Dr',
  ...(treatment !== undefined && { line2: treatment }),
  city: 'Redondo Beach',
  state: 'CA',
  postalCode: '90277',
  country: 'US',
});
