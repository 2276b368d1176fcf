import type { ComponentChildren } from 'preact';
import { Icon } from './basics.tsx';

/** A link to a page of another system, in a tab of its own. That system does not learn from where. */
export const External = ({
  href,
  title,
  children,
}: {
  href: string;
  title?: string;
  children: ComponentChildren;
}) => (
  <a
    class="ext"
    href={href}
    target="_blank"
    rel="noopener noreferrer"
    {...(title !== undefined && { title })}
  >
    {children}
    <Icon name="out" small />
  </a>
);
