/** Splits `Warehouse <stock@shop.example>` into its name and its address. */
export function mailAddress(text: string): { address: string; name?: string } {
  const [, name = '', address] = /^\s*"?([^"<]*?)"?\s*<([^<>]+)>\s*$/.exec(text) ?? [];
  if (address === undefined) return { address: text.trim() };
  return { address, ...(name !== '' && { name }) };
}
