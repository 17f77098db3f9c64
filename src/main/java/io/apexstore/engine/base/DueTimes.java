package io.apexstore.engine.base;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * For each keyspace that a batch puts expiring entries into, the earliest time at which they are
 * due to be swept. The sweep is notified of it once the batch is committed; it is not logged.
 *
 * <p><b>Threads:</b> confined to one until the batch is sealed; then read by any.
 */
public final class DueTimes {
  // The first keyspace; most batches have no other.
  private int keyspaceId = -1;
  private long timeMs;
  private @Nullable Map<Integer, Long> others;

  /** Receives what is due. */
  @FunctionalInterface
  public interface Receiver {
    /**
     * Receives the earliest time of a keyspace.
     *
     * @param timeMs in ms since the epoch
     */
    void accept(int keyspaceId, long timeMs);
  }

  /** Adds an entry of a keyspace that is due at a time, in ms since the epoch. */
  void add(int newKeyspaceId, long newTimeMs) {
    if (keyspaceId < 0) {
      keyspaceId = newKeyspaceId;
      timeMs = newTimeMs;
    } else if (keyspaceId == newKeyspaceId) {
      timeMs = Math.min(timeMs, newTimeMs);
    } else {
      Map<Integer, Long> more = others == null ? new HashMap<>() : others;
      more.merge(newKeyspaceId, newTimeMs, Math::min);
      others = more;
    }
  }

  /** Passes the earliest time of each keyspace on. */
  void forEach(Receiver receiver) {
    if (keyspaceId >= 0) {
      receiver.accept(keyspaceId, timeMs);
    }
    if (others != null) {
      others.forEach(receiver::accept);
    }
  }
}
