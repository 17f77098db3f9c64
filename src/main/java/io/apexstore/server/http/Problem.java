package io.apexstore.server.http;

import io.apexstore.server.http.json.JsonOutput;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An error as the client sees it: problem JSON (RFC 9457) with a stable type.
 *
 * @param kind the kind of error
 * @param detail what is wrong with this request, or null if the kind's title is enough
 */
public record Problem(Kind kind, @Nullable String detail) {
  /** The media type of problem JSON. */
  public static final String MEDIA_TYPE = "application/problem+json";

  /** The kinds of error. A kind's name is the end of its type. */
  public enum Kind {
    /** The request, its query or its body cannot be parsed, or a value in it is out of range. */
    MALFORMED_REQUEST(400, "The request is malformed"),
    /** A key is empty or too long. */
    INVALID_KEY(400, "The key is empty or too long"),
    /** The request asks for a feature that this version does not have. */
    NOT_SUPPORTED(400, "This version does not support the request"),
    /** The request has no token, or an unknown one. */
    UNAUTHORIZED(401, "A valid token is required"),
    /** The token's role does not include the access that the operation requires. */
    FORBIDDEN(403, "The token does not permit this operation"),
    /** The request comes from a web page of another site, and there is no authentication. */
    FOREIGN_SITE(403, "The request is of another site"),
    /** The path is not a route. */
    NOT_FOUND(404, "The path does not exist"),
    /** The key has no value. */
    KEY_NOT_FOUND(404, "The key has no value"),
    /** No keyspace has this name. */
    KEYSPACE_NOT_FOUND(404, "The keyspace does not exist"),
    /** No job has this id, or it ended long ago. */
    JOB_NOT_FOUND(404, "The job does not exist"),
    /** The route has other methods. */
    METHOD_NOT_ALLOWED(405, "The path does not have this method"),
    /** The write lost the race against other writers too often. */
    CONFLICT(409, "Concurrent writes came first; try again"),
    /** Another job of the same kind is running. */
    JOB_RUNNING(409, "Another job of this kind is running"),
    /** An old version that the request names is no longer retained. */
    VERSION_EXPIRED(410, "The version is no longer retained"),
    /** Some changes after a feed's token are no longer retained. */
    TOKEN_EXPIRED(410, "Changes after the token are no longer retained; take a snapshot"),
    /** A feed's token belongs to another store or to the future. */
    TOKEN_UNKNOWN(410, "The token is not from this store's history; take a snapshot"),
    /** A condition of the write does not hold. */
    CONDITION_FAILED(412, "A condition does not hold; nothing was written"),
    /** The body arrived too slowly. */
    REQUEST_TIMEOUT(408, "The request arrived too slowly"),
    /** A body, value or batch is too large. */
    PAYLOAD_TOO_LARGE(413, "The body, value or batch is too large"),
    /** The request line is too long. */
    URI_TOO_LONG(414, "The request line is too long"),
    /** The route does not accept the media type or encoding of the body. */
    UNSUPPORTED_MEDIA_TYPE(415, "The body's media type is not accepted"),
    /** The request expects what the server does not do. */
    EXPECTATION_FAILED(417, "The expectation is not met"),
    /** The headers are too large. */
    HEADERS_TOO_LARGE(431, "The headers are too large"),
    /** A fault of the server. */
    INTERNAL_ERROR(500, "The server failed; see its log under the request id"),
    /** The body has a transfer coding that the server does not have. */
    NOT_IMPLEMENTED(501, "The transfer coding is not supported"),
    /** The request has a version of HTTP that the server does not speak. */
    VERSION_NOT_SUPPORTED(505, "The HTTP version is not supported"),
    /** Bytes on disk are not those that were written. */
    CORRUPTION(500, "Stored data is corrupt; an operator must act"),
    /** The disk failed a write; writes are refused until a restart. */
    STORAGE_FAILED(503, "Writes are refused after a disk failure; an operator must act"),
    /** The operating system refused a file operation of a write for a reason that may pass. */
    STORAGE_UNAVAILABLE(503, "The system refused a file operation; nothing was written, try again"),
    /** A read failed for a reason that may be temporary. */
    READ_FAILED(503, "The read failed; try again"),
    /** The key-encryption key cannot be obtained from its provider. */
    ENCRYPTION_KEY_UNAVAILABLE(
        503, "The key-encryption key cannot be obtained; an operator must act"),
    /** A limit on concurrent work or on memory is reached. */
    OVERLOADED(503, "The server is overloaded; try again later"),
    /** The server is starting or stopping. */
    UNAVAILABLE(503, "The server is not ready"),
    /** The write may or may not have been committed. */
    OUTCOME_UNKNOWN(504, "The outcome of the write is unknown"),
    /** The disk is full. */
    DISK_FULL(507, "The disk is full; writes resume when space is freed");

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

    /** Returns the kind's meaning in a sentence. */
    public String title() {
      return title;
    }
  }

  /** Creates a problem without a detail. */
  public static Problem of(Kind kind) {
    return new Problem(kind, null);
  }

  /** Creates a problem. */
  public static Problem of(Kind kind, String detail) {
    return new Problem(kind, detail);
  }

  /** Returns an exception that carries the problem. */
  public ProblemException exception() {
    return new ProblemException(this);
  }

  /**
   * Writes the problem as JSON.
   *
   * @param line the line of a streamed body that is wrong, counted from 1, or 0
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
