package io.apexstore.server.config;

/**
 * The configuration cannot be used, and the start must end. The message is one line for the
 * operator: the name of the option, the given value and its source, and what is allowed.
 */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates an exception with a message for the operator. */
  public ConfigException(String message) {
    super(message);
  }

  static ConfigException illFormed(
      String name, String given, String source, String allowed, boolean secret) {
    String shown = secret ? Option.MASK : '"' + given + '"';
    return new ConfigException(
        name + ": given " + shown + " (" + source + "), allowed: " + allowed);
  }
}
