package io.apexstore.server.rest.body;

import io.apexstore.VersionedValue;
import io.apexstore.server.http.BodyBudget;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.rest.feed.FeedReader;
import io.apexstore.server.rest.key.KeyRoutes;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;

/**
 * A large answer, counted among what all bodies may hold together until it is out: a client that
 * takes it slowly keeps it in memory.
 *
 * @param body the answer
 * @param bodies where it is counted
 * @param counted bytes to be given back
 */
public record BudgetedBody(Buffer body, BodyBudget bodies, long counted) {
  // Beside key and value.
  private static final int FRAME_BYTES = 256;

  /**
   * Makes an answer of a value as it is, which is not copied.
   *
   * @throws io.apexstore.server.http.ProblemException {@code OVERLOADED} if there is no memory
   */
  public static BudgetedBody of(BodyBudget bodies, byte[] value) {
    long counted = take(bodies, value.length);
    return new BudgetedBody(BufferInternal.buffer(Unpooled.wrappedBuffer(value)), bodies, counted);
  }

  /**
   * Makes an answer of an entry as JSON; not for an event loop.
   *
   * @throws io.apexstore.server.http.ProblemException {@code OVERLOADED} if there is no memory
   */
  public static BudgetedBody of(BodyBudget bodies, byte[] key, VersionedValue found) {
    long bytes = FRAME_BYTES + JsonOutput.bytesLength(key) + JsonOutput.bytesLength(found.value());
    long counted = take(bodies, bytes);
    try {
      JsonOutput out = new JsonOutput(0).ensureRoom(Math.toIntExact(bytes));
      return new BudgetedBody(KeyRoutes.json(out, key, found).handOver(), bodies, counted);
    } catch (RuntimeException | Error e) {
      bodies.giveBack(counted);
      throw e;
    }
  }

  // What is larger than all that may be held goes out alone.
  private static long take(BodyBudget bodies, long bytes) {
    long counted = Math.min(bytes, bodies.bytesMax());
    if (!bodies.tryTake(counted)) {
      throw FeedReader.noRoom();
    }
    return counted;
  }

  /** Answers; on the exchange's event loop. */
  public void send(Exchange exchange, CharSequence mediaType) {
    exchange.send(200, mediaType, body).onComplete(sent -> bodies.giveBack(counted));
  }
}
