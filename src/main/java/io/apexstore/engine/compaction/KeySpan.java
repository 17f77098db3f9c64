package io.apexstore.engine.compaction;

import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import org.jspecify.annotations.Nullable;

/**
 * A range of keys that somebody wants compacted.
 *
 * @param from first key, or null for no lower end
 * @param to first key past the range, or null for no upper end
 */
@SuppressWarnings("ArrayRecordComponent") // Lent by the caller; compared by nobody.
public record KeySpan(byte @Nullable [] from, byte @Nullable [] to) {
  /** All keys. */
  public static final KeySpan ALL = new KeySpan(null, null);

  /** Whether a table may hold keys of the range. */
  boolean overlaps(TableMeta table) {
    return (from == null || TreeShape.compare(table.largestKey(), from) >= 0)
        && (to == null || TreeShape.compare(table.smallestKey(), to) < 0);
  }
}
