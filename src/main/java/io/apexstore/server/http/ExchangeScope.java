package io.apexstore.server.http;

import io.apexstore.server.operation.Operation;
import io.vertx.core.Vertx;

/**
 * What the exchanges of one event loop share.
 *
 * @param vertx the event loop's Vert.x
 * @param requestIds names requests
 * @param bodies bounds the bodies in memory
 * @param recorder counts what was answered
 */
public record ExchangeScope(
    Vertx vertx, RequestIds requestIds, BodyBudget bodies, Recorder recorder) {
  /** Counts what was answered. */
  @FunctionalInterface
  public interface Recorder {
    /**
     * Counts one answer.
     *
     * @param operation the endpoint's operation
     * @param status the HTTP status
     * @param nanos from the request's head to the answer's end, in ns
     */
    void ended(Operation operation, int status, long nanos);
  }
}
