const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/**
 * The bytes of a text in Z85, five characters for four bytes: how ZeroMQ writes keys.
 * @see https://rfc.zeromq.org/spec/32/
 *
 * @throws {TypeError} for anything else
 */
export function z85Decode(text: string): Buffer {
  if (text.length % 5 !== 0) throw new TypeError('a key in Z85 has a multiple of five characters');
  const bytes = Buffer.alloc((text.length / 5) * 4);
  for (let group = 0; group * 5 < text.length; group += 1) {
    let value = 0;
    for (const character of text.slice(group * 5, group * 5 + 5)) {
      const digit = ALPHABET.indexOf(character);
      if (digit < 0) throw new TypeError('a key in Z85 has a character that Z85 lacks');
      value = value * 85 + digit;
    }
    if (value > 0xffff_ffff) throw new TypeError('a key in Z85 is out of range');
    bytes.writeUInt32BE(value, group * 4);
  }
  return bytes;
}
