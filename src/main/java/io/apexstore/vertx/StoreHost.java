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
 * A store that runs on the threads of verticles: a {@link WriteGateway} per event loop for writes,
 * and an {@link IoPool} for calls that may block.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> the store is opened after its verticles are deployed,
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
   * The settings of a host.
   *
   * @param directory the store's directory
   * @param options the store's options
   * @param opener opens the store
   * @param compactionThreads the number of compactions that may run at once
   * @param ioThreads the number of threads for calls that may wait for the disk
   * @param ioPendingMax the most such calls that may run or wait for a thread
   * @param writeBytesMax the most bytes of writes in progress
   * @param writeTimeout after this time the outcome of a write without an answer is unknown
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
    /**
     * Returns settings with default limits: 4096 pending calls, a quarter of the heap but at most
     * 256 MiB for writes in progress, and a write timeout of 30 s.
     */
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

    /** Returns these settings with another opener. */
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

  /** Opens the store of a host. */
  @FunctionalInterface
  public interface Opener {
    /** Opens the store with a builder that has the options and executors already. May block. */
    ApexStore open(ApexStore.Builder builder);
  }

  /** Deploys the verticles, opens the store, and starts to accept writes. */
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
                        prepared(
                            settings
                                .opener()
                                .open(
                                    ApexStore.builder(settings.directory())
                                        .options(settings.options())
                                        .commitExecutor(wal.commitExecutor())
                                        .flushExecutor(flush.executor())
                                        .compactionExecutor(compaction.executor())
                                        // Completions only count down; the last one of a group
                                        // replies.
                                        .completionExecutor(Runnable::run)))))
        .compose(
            store ->
                wal.serve(store)
                    .map(
                        new StoreHost(
                            vertx, store, wal, address, bound, settings.writeTimeout(), io)));
  }

  // May wait for the disk, which is allowed here. Otherwise the first write with an expiry would
  // wait
  // on an event loop.
  private static ApexStore prepared(ApexStore store) {
    try {
      store.prepareExpiry();
      return store;
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  /** Returns the store. An event loop must not make blocking calls on it. */
  public ApexStore store() {
    return store;
  }

  /** Returns the pool for calls that may block. */
  public IoPool io() {
    return io;
  }

  /** Returns the limit on writes in progress. */
  public WriteBound writeBound() {
    return bound;
  }

  /** Returns a gateway for the writes of one context, which must be used only on that context. */
  public WriteGateway newGateway(Context context) {
    return new WriteGateway(vertx, context, address, bound, store, io, writeTimeout);
  }

  /** Refuses new writes, finishes those in progress, and closes the store, which syncs its log. */
  public Future<Void> close() {
    wal.stopAccepting();
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
