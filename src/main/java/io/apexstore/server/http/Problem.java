package io.apexstore.server.http;

import io.apexstore.server.http.json.JsonOutput;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An error as its receiver sees it: problem JSON (RFC 9457) with a stable type.
 *
 * @param kind what kind of error it is
 * @param detail what is wrong with this request, or null if the kind says it all
 */
public record Problem(Kind kind, @Nullable String detail) {
  /** The media type of problems. */
  public static final String MEDIA_TYPE = "application/problem+json";

  /** The kinds of error. A kind's name is the end of its type and does not change. */
  public enum Kind {
    /** The request cannot be read as what it should be. */
    MALFORMED_REQUEST(400, "The request is malformed"),
    /** A key is empty or too long. */
    INVALID_KEY(400, "The key is not allowed"),
    /** The request asks for something that this version does not do. */
    NOT_SUPPORTED(400, "Not supported by this version"),
    /** No token, or none that is known. */
    UNAUTHORIZED(401, "A valid token is needed"),
    /** The token's role does not reach. */
    FORBIDDEN(403, "The token does not allow this"),
    /** There is no such route. */
    NOT_FOUND(404, "There is nothing here"),
    /** The key has no value. */
    KEY_NOT_FOUND(404, "The key has no value"),
    /** There is no keyspace of that name. */
    KEYSPACE_NOT_FOUND(404, "There is no such keyspace"),
    /** There is no job of that number. */
    JOB_NOT_FOUND(404, "There is no such job"),
    /** The route has other methods. */
    METHOD_NOT_ALLOWED(405, "The method is not allowed here"),
    /** Other writers came in between too often. */
    CONFLICT(409, "Other writers came in between; try again"),
    /** What was asked of an old version is not kept any more. */
    VERSION_EXPIRED(410, "The version is not kept any more"),
    /** The changes after a token are not kept any more. */
    TOKEN_EXPIRED(410, "The changes after the token are not all kept any more; take a snapshot"),
    /** A feed's token of another store or of the future. */
    TOKEN_UNKNOWN(410, "The token is not of this store's past; take a snapshot"),
    /** A condition of the write does not hold. */
    CONDITION_FAILED(412, "A condition does not hold; nothing was stored"),
    /** The body came too slowly. */
    REQUEST_TIMEOUT(408, "The request took too long to arrive"),
    /** A body, value or batch is too large. */
    PAYLOAD_TOO_LARGE(413, "Too large"),
    /** The request line is too long. */
    URI_TOO_LONG(414, "The request line is too long"),
    /** The body is of a type that the route does not take. */
    UNSUPPORTED_MEDIA_TYPE(415, "The body's type is not accepted here"),
    /** The headers are too large. */
    HEADERS_TOO_LARGE(431, "The headers are too large"),
    /** A fault of the server. */
    INTERNAL_ERROR(500, "The server failed; its log has more under the request's id"),
    /** Bytes on disk are not what was written. */
    CORRUPTION(500, "Stored data is damaged; an operator must act"),
    /** The disk failed a write: writes are refused until a restart. */
    STORAGE_FAILED(503, "Writes are refused since the disk failed one; an operator must act"),
    /** A read failed for a reason that may pass. */
    READ_FAILED(503, "The read failed; try again"),
    /** The holder of the key-encryption key does not give it. */
    KEY_UNAVAILABLE(503, "The key-encryption key cannot be had; an operator must act"),
    /** Too much is under way. */
    OVERLOADED(503, "The server is overloaded; try again later"),
    /** The server is starting or stopping. */
    UNAVAILABLE(503, "The server is not ready"),
    /** The write may or may not have been stored. */
    OUTCOME_UNKNOWN(504, "The write's outcome is unknown"),
    /** The disk is full. */
    DISK_FULL(507, "The disk is full; writes resume when there is room");

    private final int status;
    private final String title;

    Kind(int status, String title) {
      this.status = status;
      this.title = title;
    }

    /** Returns the HTTP status. */
    public int status() {
      return status;
    }

    /** Returns the stable identifier. */
    public String type() {
      return "urn:apexstore:problem:" + name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Returns what it means, the same for each error of the kind. */
    public String title() {
      return title;
    }
  }

  /** Makes a problem that needs no more words than its kind. */
  public static Problem of(Kind kind) {
    return new Problem(kind, null);
  }

  /** Makes a problem. */
  public static Problem of(Kind kind, String detail) {
    return new Problem(kind, detail);
  }

  /** Returns the exception that carries it. */
  public ProblemException exception() {
    return new ProblemException(this);
  }

  /**
   * Writes it as JSON.
   *
   * @param line the line of a streamed body that it is about, or 0
   */
  public JsonOutput write(long line, String requestId) {
    JsonOutput out = new JsonOutput(256).beginObject();
    out.name("type").string(kind.type());
    out.name("title").string(kind.title());
    out.name("status").number(kind.status());
    if (detail != null) {
      out.name("detail").string(detail);
    }
    if (line > 0) {
      out.name("line").number(line);
    }
    return out.name("request_id").string(requestId).endObject();
  }
}
