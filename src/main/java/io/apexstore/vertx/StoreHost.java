package io.apexstore.vertx;

import io.apexstore.ApexStore;
import io.apexstore.options.StoreOptions;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * A store that runs on the threads of verticles, and the ways to it from event loops.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> the store is opened after its verticles are deployed
 * and closed before they are undeployed, because undeploying interrupts their threads.
 */
public final class StoreHost {
  private final Vertx vertx;
  private final ApexStore store;
  private final WalVerticle wal;
  private final String address;
  private final WriteBound bound;
  private final Duration writeTimeout;
  private final IoPool io;

  private StoreHost(
      Vertx vertx,
      ApexStore store,
      WalVerticle wal,
      String address,
      WriteBound bound,
      Duration writeTimeout,
      IoPool io) {
    this.vertx = vertx;
    this.store = store;
    this.wal = wal;
    this.address = address;
    this.bound = bound;
    this.writeTimeout = writeTimeout;
    this.io = io;
  }

  /**
   * What a host is made with.
   *
   * @param directory the store's folder
   * @param options the store's options
   * @param opener opens the store
   * @param compactionThreads compactions that may run at once
   * @param ioThreads threads for reads that may wait for the disk
   * @param ioPendingMax reads that may run or wait for such a thread
   * @param writeBytesMax bytes that may be on their way to the log at once
   * @param writeTimeout how long a write is waited for before its outcome counts as unknown
   */
  public record Settings(
      Path directory,
      StoreOptions options,
      Opener opener,
      int compactionThreads,
      int ioThreads,
      int ioPendingMax,
      long writeBytesMax,
      Duration writeTimeout) {
    /** Returns settings with limits that suit the machine's memory. */
    public static Settings of(
        Path directory, StoreOptions options, int compactionThreads, int ioThreads) {
      long quarterOfHeap = Runtime.getRuntime().maxMemory() / 4;
      return new Settings(
          directory,
          options,
          ApexStore.Builder::open,
          compactionThreads,
          ioThreads,
          4096,
          Math.min(256L << 20, quarterOfHeap),
          Duration.ofSeconds(30));
    }

    /** Returns these settings with another way to open the store. */
    public Settings withOpener(Opener newOpener) {
      return new Settings(
          directory,
          options,
          newOpener,
          compactionThreads,
          ioThreads,
          ioPendingMax,
          writeBytesMax,
          writeTimeout);
    }
  }

  /** Opens the store from a builder that has the options and the executors. */
  @FunctionalInterface
  public interface Opener {
    /** Opens the store; may block. */
    ApexStore open(ApexStore.Builder builder);
  }

  /** Deploys the verticles and opens the store. */
  public static Future<StoreHost> start(Vertx vertx, Settings settings) {
    Codecs.register(vertx);
    WriteBound bound = new WriteBound(settings.writeBytesMax());
    String address = "apexstore.wal." + UUID.randomUUID();
    WalVerticle wal = new WalVerticle(address, bound);
    FlushVerticle flush = new FlushVerticle();
    CompactionVerticle compaction = new CompactionVerticle();
    IoPool io = new IoPool(vertx, settings.ioThreads(), settings.ioPendingMax());
    return Future.all(
            vertx.deployVerticle(wal, workers("apexstore-wal", 1)),
            vertx.deployVerticle(flush, workers("apexstore-flush", 1)),
            vertx.deployVerticle(
                compaction, workers("apexstore-compaction", settings.compactionThreads())))
        .compose(
            deployed ->
                io.run(
                    () ->
                        opened(
                            settings
                                .opener()
                                .open(
                                    ApexStore.builder(settings.directory())
                                        .options(settings.options())
                                        .commitExecutor(wal.commitExecutor())
                                        .flushExecutor(flush.executor())
                                        .compactionExecutor(compaction.executor())
                                        // Only counts, and hands the last one to the event bus.
                                        .completionExecutor(Runnable::run)))))
        .compose(
            store ->
                wal.serve(store)
                    .map(
                        new StoreHost(
                            vertx, store, wal, address, bound, settings.writeTimeout(), io)));
  }

  // An entry that expires must not wait for the disk on an event loop.
  private static ApexStore opened(ApexStore store) {
    try {
      store.prepareExpiry();
      return store;
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  /** Returns the store. Its blocking calls must not be made on an event loop. */
  public ApexStore store() {
    return store;
  }

  /** Returns the pool for calls that may block. */
  public IoPool io() {
    return io;
  }

  /** Returns how much is on its way to the log. */
  public WriteBound writeBound() {
    return bound;
  }

  /** Returns a gateway for writes from one context; it must be used on that context only. */
  public WriteGateway newGateway(Context context) {
    return new WriteGateway(vertx, context, address, bound, store, io, writeTimeout);
  }

  /** Refuses new writes, ends those under way, and closes the store: all is synced then. */
  public Future<Void> close() {
    wal.refuse();
    return vertx.executeBlocking(
        () -> {
          store.close();
          return null;
        },
        false);
  }

  private static DeploymentOptions workers(String pool, int threads) {
    return new DeploymentOptions()
        .setThreadingModel(ThreadingModel.WORKER)
        .setWorkerPoolName(pool)
        .setWorkerPoolSize(threads)
        .setMaxWorkerExecuteTime(1)
        .setMaxWorkerExecuteTimeUnit(TimeUnit.DAYS);
  }
}
