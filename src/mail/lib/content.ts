import type { Palette } from './palette.ts';

/** What a mail says and shows, in one language, before it is written as HTML and as plain text: both parts have the same facts. */
export interface MailContent {
  /** BCP 47. */
  language: string;
  direction: 'ltr' | 'rtl';
  subject: string;
  heading: string;
  greeting?: string;
  paragraphs: string[];
  /** What a person at the shop has written to the customer. */
  message?: { label: string; text: string };
  button?: Link;
  items?: { label: string; rows: ItemRow[]; totals: Fact[] };
  facts: Fact[];
  address?: { label: string; lines: string[] };
  footer: string[];
  unsubscribe?: Link;
  shop: { name: string; url?: string; logoUrl?: string };
  palette: Palette;
}

export interface Link {
  label: string;
  url: string;
}

/** `amount` is written already. */
export interface ItemRow {
  quantity: string;
  title: string;
  amount?: string;
}

/** `url`: where the value leads. */
export interface Fact {
  label: string;
  value: string;
  url?: string;
}
