package io.apexstore.server.config;

/**
 * The configuration cannot be used. The message is one line for the operator: the option's name,
 * what was given and where, and what is allowed. The start must end.
 */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Makes an exception whose message is shown to the operator as it is. */
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
