/** The configuration is not valid. The message is one line for a person, without any secret. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
