const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/**
 * Decodes Z85, the encoding of ZeroMQ's keys, in which five characters stand for four bytes.
 * @see https://rfc.zeromq.org/spec/32/
 *
 * @throws {TypeError} if the text is not Z85
 */
export function z85Decode(text: string): Buffer {
  if (text.length % 5 !== 0) throw new TypeError('the length of a key in Z85 must be a multiple of five');
  const bytes = Buffer.alloc((text.length / 5) * 4);
  for (let group = 0; group * 5 < text.length; group += 1) {
    let value = 0;
    for (const character of text.slice(group * 5, group * 5 + 5)) {
      const digit = ALPHABET.indexOf(character);
      if (digit < 0) throw new TypeError('a key in Z85 has a character that is not in the Z85 alphabet');
      value = value * 85 + digit;
    }
    if (value > 0xffff_ffff) throw new TypeError('a key in Z85 is out of range');
    bytes.writeUInt32BE(value, group * 4);
  }
  return bytes;
}
