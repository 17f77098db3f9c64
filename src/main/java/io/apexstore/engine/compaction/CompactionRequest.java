package io.apexstore.engine.compaction;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.manifest.TableMeta;
import org.jspecify.annotations.Nullable;

/**
 * A manual compaction: a key range whose entries are to be merged into one level. The arrays must
 * not be changed.
 *
 * @param upToVersion tables whose entries are all newer than this version stay where they are
 * @param from first key, or null for no lower bound
 * @param to first key past the range, or null for no upper bound
 */
@SuppressWarnings("ArrayRecordComponent") // Lent by the caller; never compared.
public record CompactionRequest(long upToVersion, byte @Nullable [] from, byte @Nullable [] to) {
  /** Returns a request for all keys. */
  public static CompactionRequest ofAllKeys(long upToVersion) {
    return new CompactionRequest(upToVersion, null, null);
  }

  /** Whether a table may hold requested entries. */
  boolean includes(TableMeta table) {
    return table.minVersion() <= upToVersion
        && (from == null || Keys.compare(table.largestKey(), from) >= 0)
        && (to == null || Keys.compare(table.smallestKey(), to) < 0);
  }
}
