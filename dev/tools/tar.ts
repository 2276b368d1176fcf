const BLOCK_BYTES = 512;

/**
 * Returns the content of the regular file of that name in a tar archive (POSIX ustar), in whichever folder it is, or undefined if
 * there is none. It supports only what archives of a single program need.
 */
export function tarEntry(archive: Buffer, name: string): Buffer | undefined {
  for (let at = 0; at + BLOCK_BYTES <= archive.length;) {
    const header = archive.subarray(at, at + BLOCK_BYTES);
    const entry = text(header, 0, 100);
    if (entry === '') return undefined; // two empty blocks end an archive
    const size = Number.parseInt(text(header, 124, 12), 8);
    if (!Number.isInteger(size)) throw new Error('its archive is damaged: an entry has no size');
    const type = text(header, 156, 1);
    const isFile = type === '' || type === '0';
    if (isFile && (entry === name || entry.endsWith(`/${name}`)))
      return archive.subarray(at + BLOCK_BYTES, at + BLOCK_BYTES + size);
    at += BLOCK_BYTES + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return undefined;
}

function text(header: Buffer, from: number, length: number): string {
  const field = header.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end === -1 ? length : end).trim();
}
