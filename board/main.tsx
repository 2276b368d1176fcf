import { options, render, type VNode } from 'preact';
import { App } from './app.tsx';

/** On narrow screens tables are laid out as grids, and browsers then forget what is a table: the roles say it. */
const ROLES: Readonly<Record<string, string>> = {
  table: 'table',
  thead: 'rowgroup',
  tbody: 'rowgroup',
  tfoot: 'rowgroup',
  tr: 'row',
  td: 'cell',
};

options.vnode = (vnode: VNode) => {
  if (typeof vnode.type === 'string') {
    const props = vnode.props as { role?: string; scope?: string };
    const role =
      vnode.type === 'th' ? (props.scope === 'row' ? 'rowheader' : 'columnheader') : ROLES[vnode.type];
    if (role !== undefined) props.role ??= role;
  }
};

const place = document.getElementById('board');
if (place) render(<App />, place);
