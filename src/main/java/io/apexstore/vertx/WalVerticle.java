package io.apexstore.vertx;

import io.apexstore.ApexStore;
import io.apexstore.error.ApexException;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * The thread on which the store commits. In a server, nothing else drives the commit pipeline.
 *
 * <p>The handler of a message ({@link WriteGroup}) only enqueues its writes. The store then posts
 * one task that commits all queued writes. The task runs after the messages that have arrived by
 * then, so their writes share one write and one sync of the log.
 *
 * <p><b>Threads:</b> a worker verticle with a pool of one thread; messages and commit tasks take
 * turns. {@link #commitExecutor} may be used from any thread.
 */
final class WalVerticle extends VerticleBase {
  private static final DeliveryOptions REPLY =
      new DeliveryOptions().setCodecName(Codecs.OUTCOME).setLocalOnly(true);

  private final String address;
  private final WriteBound bound;
  private volatile boolean stopped;

  WalVerticle(String address, WriteBound bound) {
    this.address = address;
    this.bound = bound;
  }

  /** Returns the executor for commits, which may be used after this verticle is deployed. */
  Executor commitExecutor() {
    return task -> context.runOnContext(ignored -> task.run());
  }

  /** Starts to accept writes for a store that commits on {@link #commitExecutor}. */
  Future<Void> serve(ApexStore store) {
    CompletableFuture<Void> served = new CompletableFuture<>();
    // The caller must not go on running on the commit thread, which ends with this verticle.
    Future<Void> forCaller = Future.fromCompletionStage(served, vertx.getOrCreateContext());
    // A consumer runs on the context on which it is registered.
    context.runOnContext(
        ignored -> {
          MessageConsumer<WriteGroup> consumer = vertx.eventBus().localConsumer(address);
          consumer.handler(message -> enqueue(store, message));
          consumer
              .completion()
              .onSuccess(served::complete)
              .onFailure(served::completeExceptionally);
        });
    return forCaller;
  }

  /** Fails the writes that arrive from now on. The writes that are queued already are committed. */
  void stopAccepting() {
    stopped = true;
  }

  private void enqueue(ApexStore store, Message<WriteGroup> message) {
    WriteGroup group = message.body();
    List<WriteGroup.Write> writes = group.writes();
    WriteGroupOutcome outcome =
        new WriteGroupOutcome(
            writes.size(),
            completed -> {
              bound.release(group.bytes());
              message.reply(completed, REPLY);
            });
    for (int i = 0; i < writes.size(); i++) {
      int index = i;
      try {
        if (stopped) {
          throw new ApexException(ApexException.Code.CLOSED, "the server is stopping", null);
        }
        // The commit thread never reads the disk.
        store
            .submit(writes.get(i).batch(), writes.get(i).atLeast())
            .whenComplete((version, failure) -> outcome.complete(index, version, failure));
      } catch (RuntimeException | Error e) {
        outcome.complete(index, null, e);
      }
    }
  }
}
