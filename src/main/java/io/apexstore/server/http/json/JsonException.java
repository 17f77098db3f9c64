package io.apexstore.server.http.json;

/** JSON that is not what was asked for; the message may be shown to who sent it. */
public final class JsonException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean unsupported;

  private JsonException(String message, boolean unsupported) {
    super(message, null, false, false);
    this.unsupported = unsupported;
  }

  /** Makes an exception that says what is wrong. */
  public JsonException(String message) {
    this(message, false);
  }

  /** Returns the complaint about a member that is known but not supported by this version. */
  public static JsonException unsupported(String name) {
    return new JsonException(name + " is not supported by this version", true);
  }

  /** Whether what was asked for is known but not supported by this version. */
  public boolean isUnsupported() {
    return unsupported;
  }
}
