package io.apexstore.engine;

/**
 * What deletes entries for the store's own reasons.
 *
 * <p><b>Threads:</b> any.
 */
final class Sweepers {
  private final ExpirySweeper expiry;
  private final FifoSweeper fifo;

  Sweepers(
      LsmEngine engine,
      EngineParts parts,
      ReadEpochs epochs,
      Keyspaces keyspaces,
      Compactions compactions,
      CommitPipeline pipeline,
      WritePath writes) {
    Waiting waiting = new Waiting(parts.components().executors().insteadOfWaiting());
    this.expiry =
        new ExpirySweeper(
            engine,
            parts.threads().sweeps(),
            waiting,
            new SweepPace(parts.time(), parts.options().syncIntervalMs(), pipeline::commits),
            keyspaces.named(ExpiryIndex.KEYSPACE) != null);
    this.fifo =
        new FifoSweeper(engine, parts, epochs, keyspaces, compactions, pipeline, writes, waiting);
  }

  ExpirySweeper expiry() {
    return expiry;
  }

  /** How many entries were deleted. */
  long deleted() {
    return expiry.swept() + fifo.deleted();
  }

  /** Begins what is due. */
  void tick() {
    expiry.tick();
    fifo.tick();
  }

  /** Begins nothing any more, and waits until what is under way has ended. */
  void stop() {
    expiry.stop();
    fifo.stop();
  }
}
