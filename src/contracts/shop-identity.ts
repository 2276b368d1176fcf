/** How the shop presents itself in mails. */
export interface ShopIdentity {
  readonly name: string;
  readonly url: string | undefined;
  readonly logoUrl: string | undefined;
  /** `#rrggbb`: the colour of links and buttons. */
  readonly color: string;
}
