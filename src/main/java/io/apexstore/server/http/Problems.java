package io.apexstore.server.http;

import io.apexstore.error.ApexException;
import io.apexstore.server.http.json.JsonException;
import io.apexstore.vertx.OutcomeUnknownException;
import io.apexstore.vertx.OverloadedException;

/**
 * Maps every failure to the problem that the client sees. The details of a failed store (file
 * names, offsets) go to the log and are never shown.
 *
 * <p><b>Threads:</b> any.
 */
public final class Problems {
  private static final FailureLog LOG = new FailureLog();

  private Problems() {}

  /** Returns the problem of a failure; logs under the request's id what an operator must know. */
  public static Problem of(Throwable failure, String requestId) {
    return switch (failure) {
      case ProblemException problem -> problem.problem();
      case JsonException json ->
          Problem.of(
              json.isUnsupported() ? Problem.Kind.NOT_SUPPORTED : Problem.Kind.MALFORMED_REQUEST,
              String.valueOf(json.getMessage()));
      case OverloadedException overloaded ->
          Problem.of(Problem.Kind.OVERLOADED, String.valueOf(overloaded.getMessage()));
      case OutcomeUnknownException unknown ->
          Problem.of(Problem.Kind.OUTCOME_UNKNOWN, String.valueOf(unknown.getMessage()));
      case ApexException store -> ofStore(store, requestId);
      default -> {
        LOG.write(Problem.Kind.INTERNAL_ERROR, () -> "request " + requestId + " failed", failure);
        yield Problem.of(Problem.Kind.INTERNAL_ERROR);
      }
    };
  }

  private static Problem ofStore(ApexException failure, String requestId) {
    Problem.Kind kind =
        switch (failure.code()) {
          case INVALID_REQUEST -> Problem.Kind.MALFORMED_REQUEST;
          case TOO_LARGE -> Problem.Kind.PAYLOAD_TOO_LARGE;
          case CORRUPTION, UNSUPPORTED_FORMAT -> Problem.Kind.CORRUPTION;
          case STORAGE_FAILED -> Problem.Kind.STORAGE_FAILED;
          case DISK_FULL -> Problem.Kind.DISK_FULL;
          case STORAGE_UNAVAILABLE -> Problem.Kind.STORAGE_UNAVAILABLE;
          case LOCKED, CLOSED -> Problem.Kind.UNAVAILABLE;
          case MEMORY_EXHAUSTED -> Problem.Kind.OVERLOADED;
          case READ_FAILED -> Problem.Kind.READ_FAILED;
          case TOKEN_EXPIRED -> Problem.Kind.TOKEN_EXPIRED;
          case TOKEN_UNKNOWN -> Problem.Kind.TOKEN_UNKNOWN;
          case CONDITION_FAILED -> Problem.Kind.CONDITION_FAILED;
          case CONFLICT -> Problem.Kind.CONFLICT;
          case VERSION_EXPIRED -> Problem.Kind.VERSION_EXPIRED;
          case KEY_UNAVAILABLE -> Problem.Kind.ENCRYPTION_KEY_UNAVAILABLE;
        };
    if (kind.status() < 500) {
      return Problem.of(kind, String.valueOf(failure.getMessage()));
    }
    if (kind == Problem.Kind.OVERLOADED) {
      return Problem.of(kind, "other answers hold too much memory; try later");
    }
    if (kind != Problem.Kind.UNAVAILABLE) {
      LOG.write(kind, () -> "request " + requestId + " failed: " + failure.getMessage());
    }
    return Problem.of(kind);
  }
}
