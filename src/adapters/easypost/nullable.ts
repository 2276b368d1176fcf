/** Widens the type of a member: EasyPost's types do not say which members may be null or absent. */
export const nullable = <T>(value: T): T | null | undefined => value;
