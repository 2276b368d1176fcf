import type { MailData, MailOptions, MailTemplate, RenderedMail } from './data.ts';

/** Renders one kind of mail as HTML and as plain text, in the language of `options.locale`. Everything in `data` is escaped. */
export type RenderMail = <K extends MailTemplate>(
  kind: K,
  data: MailData[K],
  options: MailOptions,
) => RenderedMail;
