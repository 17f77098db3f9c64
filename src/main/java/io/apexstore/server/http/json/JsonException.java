package io.apexstore.server.http.json;

/** Input is not the JSON that was expected. The message may be shown to the client. */
public final class JsonException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean unsupported;

  private JsonException(String message, boolean unsupported) {
    super(message, null, false, false);
    this.unsupported = unsupported;
  }

  /** Creates an exception; the message describes the error. */
  public JsonException(String message) {
    this(message, false);
  }

  /** Returns the error for a known member that this version does not support. */
  public static JsonException unsupported(String name) {
    return new JsonException(name + " is not supported by this version", true);
  }

  /** Returns whether the input asked for something known that this version does not support. */
  public boolean isUnsupported() {
    return unsupported;
  }
}
