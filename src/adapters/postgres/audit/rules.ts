import { DISPUTE_RULES } from './dispute-rules.ts';
import { MONEY_RULES } from './money-rules.ts';
import { PROVIDER_RULES } from './provider-rules.ts';
import type { AuditRule } from './rule.ts';
import { SHIPPING_RULES } from './shipping-rules.ts';
import { STOCK_RULES } from './stock-rules.ts';
import { ORDER_RULES } from './order-rules.ts';

/** All rules, those about money first. */
export const AUDIT_RULES: readonly AuditRule[] = [
  ...MONEY_RULES,
  ...PROVIDER_RULES,
  ...DISPUTE_RULES,
  ...STOCK_RULES,
  ...SHIPPING_RULES,
  ...ORDER_RULES,
];
