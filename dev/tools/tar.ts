const block = 512;

/**
 * The content of the regular file of that name in a tar archive (POSIX ustar), whatever folder it is in; undefined when there is
 * none. Enough for archives that hold one program.
 */
export function tarEntry(archive: Buffer, name: string): Buffer | undefined {
  for (let at = 0; at + block <= archive.length;) {
    const header = archive.subarray(at, at + block);
    const entry = text(header, 0, 100);
    if (entry === '') return undefined; // two empty blocks end an archive
    const size = Number.parseInt(text(header, 124, 12), 8);
    if (!Number.isInteger(size)) throw new Error('its archive is damaged');
    const type = text(header, 156, 1);
    const isFile = type === '' || type === '0';
    if (isFile && (entry === name || entry.endsWith(`/${name}`)))
      return archive.subarray(at + block, at + block + size);
    at += block + Math.ceil(size / block) * block;
  }
  return undefined;
}

function text(header: Buffer, from: number, length: number): string {
  const field = header.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end === -1 ? length : end).trim();
}
