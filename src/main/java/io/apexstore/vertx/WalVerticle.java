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
 * The only driver of the store's writes in a server.
 *
 * <p>A message ({@link WriteGroup}) only queues its writes. The store then posts one task that
 * commits all that is queued; it runs behind the messages that have arrived by then, so that they
 * share one write and one sync of the log.
 *
 * <p><b>Threads:</b> a worker verticle on a pool of one thread: messages and commit tasks take
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

  /** Returns the executor on which the store commits; usable once this is deployed. */
  Executor commitExecutor() {
    return task -> context.runOnContext(ignored -> task.run());
  }

  /** Starts to take writes for a store that commits on {@link #commitExecutor}. */
  Future<Void> serve(ApexStore store) {
    CompletableFuture<Void> served = new CompletableFuture<>();
    // What the caller does next is not to run on the log's thread, which ends with this verticle.
    Future<Void> forCaller = Future.fromCompletionStage(served, vertx.getOrCreateContext());
    // A consumer runs on the context it is made on.
    context.runOnContext(
        ignored -> {
          MessageConsumer<WriteGroup> consumer = vertx.eventBus().localConsumer(address);
          consumer.handler(message -> queue(store, message));
          consumer
              .completion()
              .onSuccess(served::complete)
              .onFailure(served::completeExceptionally);
        });
    return forCaller;
  }

  /** Lets messages that still arrive fail; those queued before are committed. */
  void refuse() {
    stopped = true;
  }

  private void queue(ApexStore store, Message<WriteGroup> message) {
    WriteGroup group = message.body();
    List<WriteGroup.Write> writes = group.writes();
    WriteGroupOutcome outcome =
        new WriteGroupOutcome(
            writes.size(),
            ended -> {
              bound.giveBack(group.bytes());
              message.reply(ended, REPLY);
            });
    for (int i = 0; i < writes.size(); i++) {
      int index = i;
      try {
        if (stopped) {
          throw new ApexException(ApexException.Code.CLOSED, "the server is stopping", null);
        }
        // This thread writes, and never reads the disk.
        store
            .submit(writes.get(i).batch(), writes.get(i).atLeast())
            .whenComplete((version, failure) -> outcome.ended(index, version, failure));
      } catch (RuntimeException e) {
        outcome.ended(index, null, e);
      }
    }
  }
}
