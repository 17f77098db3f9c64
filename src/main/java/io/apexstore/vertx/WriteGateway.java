package io.apexstore.vertx;

import io.apexstore.ApexStore;
import io.apexstore.IncrementResult;
import io.apexstore.Keyspace;
import io.apexstore.WriteBatch;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.error.ApexException;
import io.apexstore.error.Causes;
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
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The path of writes from one event loop to the store.
 *
 * <p>The first write of a tick schedules a task at the end of the tick, and that task sends all
 * writes of the tick in one message to {@link WalVerticle}. A message and its reply cost as much as
 * a small write, so sharing them makes writes cheap.
 *
 * <p><b>Threads:</b> confined to its context; futures complete on it too. <b>Invariants:</b> the
 * writes of one gateway are committed in the order of their calls, whether or not the store must
 * read before it commits them. Only writes with conditions and increments take their place after a
 * thread of the {@link IoPool} has read for them. What a write acquired from the {@link WriteBound}
 * is released once: here if its message could not be delivered, otherwise by {@link WalVerticle}.
 */
public final class WriteGateway {
  private static final System.Logger LOG = SafeLogger.of(WriteGateway.class);

  /** Estimated overhead of one operation, in bytes, in addition to its key and value. */
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

  /** Commits a batch with the store's sync mode; see {@link #write(WriteBatch, SyncMode)}. */
  public Future<Long> write(WriteBatch batch) {
    return write(batch, null);
  }

  /**
   * Commits a batch, which the caller must not use afterwards. The future completes with the
   * version. It fails with {@link ApexException}; with {@link OverloadedException} if too many
   * bytes of writes are in progress, and nothing was done; or with {@link OutcomeUnknownException}
   * if the store did not answer in time.
   *
   * @param atLeast the weakest sync mode that is allowed, or null for that of the store
   */
  public Future<Long> write(WriteBatch batch, @Nullable SyncMode atLeast) {
    if (batch.hasConditions()) {
      return writeConditional(batch, atLeast);
    }
    long cost = batch.sizeBytes() + (long) OPERATION_BYTES * Math.max(1, batch.size());
    if (!bound.tryAcquire(cost)) {
      return Future.failedFuture(
          new OverloadedException("too many bytes of writes are in progress"));
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
   * Adds to a counter; see {@link Keyspace#countAsync}. The future fails in the same cases as that
   * of {@link #write(WriteBatch, SyncMode)}.
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

  // What the write depends on may have to be read from disk, which neither an event loop nor the
  // commit thread may do. The commit itself happens on the commit thread.
  private <T> Future<T> submit(long cost, Callable<CompletionStage<T>> write) {
    if (!bound.tryAcquire(cost)) {
      return Future.failedFuture(
          new OverloadedException("too many bytes of writes are in progress"));
    }
    Promise<T> promise = Promise.promise();
    long timer =
        vertx.setTimer(delivery.getSendTimeout(), ignored -> promise.tryFail(unanswered()));
    io.run(write)
        .onComplete(
            (begun, refused) -> {
              if (refused != null) {
                bound.release(cost);
                end(promise, timer, null, refused);
                return;
              }
              begun.whenComplete(
                  (result, failure) -> {
                    bound.release(cost);
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
      promise.tryFail(Causes.unwrap(failure));
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
                failAll(waiting, undelivered(reply.cause(), group));
              }
            });
  }

  private static void complete(List<Promise<Long>> waiting, WriteGroupOutcome outcome) {
    for (int i = 0; i < waiting.size(); i++) {
      complete(waiting.get(i), outcome.version(i), outcome.failure(i));
    }
  }

  // What waits for one write must not keep those of the others waiting if it throws.
  private static void complete(Promise<Long> promise, long version, @Nullable Throwable failure) {
    try {
      if (failure == null) {
        promise.complete(version);
      } else {
        promise.fail(failure);
      }
    } catch (RuntimeException | Error e) {
      LOG.log(System.Logger.Level.ERROR, "the answer to a write could not be given", e);
    }
  }

  private static void failAll(List<Promise<Long>> waiting, RuntimeException reason) {
    for (Promise<Long> promise : waiting) {
      complete(promise, 0, reason);
    }
  }

  private RuntimeException undelivered(Throwable cause, WriteGroup group) {
    if (cause instanceof ReplyException reply && reply.failureType() == ReplyFailure.NO_HANDLERS) {
      bound.release(group.bytes());
      return new ApexException(
          ApexException.Code.CLOSED, "the store does not accept writes", cause);
    }
    return unanswered();
  }

  private OutcomeUnknownException unanswered() {
    return new OutcomeUnknownException(
        "the store did not answer within " + delivery.getSendTimeout() + " ms");
  }
}
