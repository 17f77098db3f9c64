package io.apexstore.vertx;

import io.apexstore.ApexStore;
import io.apexstore.IncrementResult;
import io.apexstore.Keyspace;
import io.apexstore.WriteBatch;
import io.apexstore.error.ApexException;
import io.apexstore.options.SyncMode;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The way of writes from one event loop to the store.
 *
 * <p>The first write of a tick puts a task behind what the event loop has still to do in it; that
 * task sends all writes of the tick as one message. One message and its answer cost as much as a
 * small write, so sharing them is what makes writes cheap.
 *
 * <p><b>Threads:</b> confined to the context it was made for; futures complete there too.
 * <b>Invariants:</b> writes of one gateway are committed in the order in which they were made,
 * whether or not the store reads for them first. Only writes with conditions, and increments, take
 * their place once a thread of the {@link IoPool} has read for them. What is taken from the bound
 * is given back once, here if the message could not be delivered, else by {@link WalVerticle}.
 */
public final class WriteGateway {
  /** What one operation costs besides its key and value, in bytes; an estimate. */
  private static final int OPERATION_BYTES = 128;

  private final Vertx vertx;
  private final Context context;
  private final String address;
  private final WriteBound bound;
  private final ApexStore store;
  private final IoPool io;
  private final DeliveryOptions delivery;

  private List<WriteGroup.Write> writes = new ArrayList<>();
  private List<Promise<Long>> promises = new ArrayList<>();
  private long bytes;

  WriteGateway(
      Vertx vertx,
      Context context,
      String address,
      WriteBound bound,
      ApexStore store,
      IoPool io,
      Duration timeout) {
    this.vertx = vertx;
    this.context = context;
    this.address = address;
    this.bound = bound;
    this.store = store;
    this.io = io;
    this.delivery =
        new DeliveryOptions()
            .setCodecName(Codecs.GROUP)
            .setLocalOnly(true)
            .setSendTimeout(timeout.toMillis());
  }

  /** Commits a batch as the store's mode says; see {@link #write(WriteBatch, SyncMode)}. */
  public Future<Long> write(WriteBatch batch) {
    return write(batch, null);
  }

  /**
   * Commits a batch, which is the store's from now on. The future completes with the version, or
   * fails with {@link ApexException}, with {@link OverloadedException} where too much is under way
   * and nothing was done, or with {@link OutcomeUnknownException}.
   */
  public Future<Long> write(WriteBatch batch, @Nullable SyncMode atLeast) {
    if (batch.hasConditions()) {
      return writeConditional(batch, atLeast);
    }
    long cost = batch.sizeBytes() + (long) OPERATION_BYTES * Math.max(1, batch.size());
    if (!bound.tryTake(cost)) {
      return Future.failedFuture(
          new OverloadedException("more writes are under way than may be at once"));
    }
    Promise<Long> promise = Promise.promise();
    if (writes.isEmpty()) {
      context.runOnContext(ignored -> send());
    }
    writes.add(new WriteGroup.Write(batch, atLeast));
    promises.add(promise);
    bytes += cost;
    return promise.future();
  }

  /**
   * Adds to a counter; see {@link Keyspace#countAsync}. The future fails as that of {@link #write}
   * does.
   */
  public Future<IncrementResult> increment(Keyspace keyspace, byte[] key, long by) {
    return submit(OPERATION_BYTES + key.length, () -> keyspace.countAsync(key, by));
  }

  private Future<Long> writeConditional(WriteBatch batch, @Nullable SyncMode atLeast) {
    long operations = Math.max(1, batch.size()) + (long) batch.conditionCount();
    return submit(
        batch.sizeBytes() + batch.conditionBytes() + OPERATION_BYTES * operations,
        () -> atLeast == null ? store.writeAsync(batch) : store.writeAsync(batch, atLeast));
  }

  // What it depends on may have to be read from disk, which neither an event loop nor the log's
  // thread does. The commit itself is the log's thread's.
  private <T> Future<T> submit(long cost, Callable<CompletionStage<T>> write) {
    if (!bound.tryTake(cost)) {
      return Future.failedFuture(
          new OverloadedException("more writes are under way than may be at once"));
    }
    Promise<T> promise = Promise.promise();
    long timer =
        vertx.setTimer(delivery.getSendTimeout(), ignored -> promise.tryFail(unanswered()));
    io.run(write)
        .onComplete(
            (begun, refused) -> {
              if (refused != null) {
                bound.giveBack(cost);
                end(promise, timer, null, refused);
                return;
              }
              begun.whenComplete(
                  (result, failure) -> {
                    bound.giveBack(cost);
                    context.runOnContext(ignored -> end(promise, timer, result, failure));
                  });
            });
    return promise.future();
  }

  private <T> void end(
      Promise<T> promise, long timer, @Nullable T result, @Nullable Throwable failure) {
    vertx.cancelTimer(timer);
    if (failure == null) {
      promise.tryComplete(result);
    } else {
      promise.tryFail(
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure);
    }
  }

  private void send() {
    WriteGroup group = new WriteGroup(writes, bytes);
    List<Promise<Long>> waiting = promises;
    writes = new ArrayList<>(waiting.size());
    promises = new ArrayList<>(waiting.size());
    bytes = 0;
    vertx
        .eventBus()
        .<WriteGroupOutcome>request(address, group, delivery)
        .onComplete(
            reply -> {
              if (reply.succeeded()) {
                complete(waiting, reply.result().body());
              } else {
                failAll(waiting, reason(reply.cause(), group));
              }
            });
  }

  private static void complete(List<Promise<Long>> waiting, WriteGroupOutcome outcome) {
    for (int i = 0; i < waiting.size(); i++) {
      Throwable failure = outcome.failure(i);
      if (failure == null) {
        waiting.get(i).complete(outcome.version(i));
      } else {
        waiting.get(i).fail(failure);
      }
    }
  }

  private static void failAll(List<Promise<Long>> waiting, RuntimeException reason) {
    for (Promise<Long> promise : waiting) {
      promise.fail(reason);
    }
  }

  private RuntimeException reason(Throwable cause, WriteGroup group) {
    if (cause instanceof ReplyException reply && reply.failureType() == ReplyFailure.NO_HANDLERS) {
      bound.giveBack(group.bytes());
      return new ApexException(ApexException.Code.CLOSED, "the store takes no writes", cause);
    }
    return unanswered();
  }

  private OutcomeUnknownException unanswered() {
    return new OutcomeUnknownException(
        "the store has not answered within " + delivery.getSendTimeout() + " ms");
  }
}
