package io.apexstore.engine.expiry;

import io.apexstore.engine.EngineParts;
import io.apexstore.engine.LsmEngine;
import io.apexstore.engine.background.Compactions;
import io.apexstore.engine.background.WorkSignal;
import io.apexstore.engine.commit.CommitPipeline;
import io.apexstore.engine.commit.MemTableWriter;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.read.ReadEpochs;

/**
 * What deletes entries for the store's own reasons.
 *
 * <p><b>Threads:</b> any.
 */
public final class Sweepers {
  private final ExpirySweeper expiry;
  private final FifoSweeper fifo;

  public Sweepers(
      LsmEngine engine,
      EngineParts parts,
      ReadEpochs epochs,
      Keyspaces keyspaces,
      Compactions compactions,
      CommitPipeline pipeline,
      MemTableWriter writes) {
    WorkSignal waiting = new WorkSignal(parts.components().executors().insteadOfWaiting());
    this.expiry =
        new ExpirySweeper(
            engine,
            parts.threads().sweeps(),
            waiting,
            new SweepPace(
                parts.time(), parts.options().syncInterval().toMillis(), pipeline::commits),
            keyspaces.named(ExpiryIndex.KEYSPACE) != null);
    this.fifo =
        new FifoSweeper(engine, parts, epochs, keyspaces, compactions, pipeline, writes, waiting);
  }

  public ExpirySweeper expiry() {
    return expiry;
  }

  /** How many entries were deleted. */
  public long deleted() {
    return expiry.swept() + fifo.deleted();
  }

  /** Begins what is due. */
  public void tick() {
    expiry.tick();
    fifo.tick();
  }

  /** Begins nothing any more, and waits until what is under way has ended. */
  public void stop() {
    expiry.stop();
    fifo.stop();
  }
}
