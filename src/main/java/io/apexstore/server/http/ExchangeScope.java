package io.apexstore.server.http;

import io.apexstore.server.operation.Operation;
import io.vertx.core.Vertx;

/**
 * What the exchanges of one event loop share.
 *
 * @param vertx the event loop's Vert.x
 * @param requestIds the source of request ids
 * @param bodies the budget of request bodies in memory
 * @param answers the budget of answers in memory
 * @param recorder counts the answers
 */
public record ExchangeScope(
    Vertx vertx,
    RequestIds requestIds,
    BodyBudget bodies,
    AnswerBudget answers,
    Recorder recorder) {
  /** Counts answers. */
  @FunctionalInterface
  public interface Recorder {
    /**
     * Counts one answer.
     *
     * @param operation the endpoint's operation
     * @param status the HTTP status
     * @param nanos the time from the request's head to the answer's end, in ns
     */
    void ended(Operation operation, int status, long nanos);
  }
}
