package io.apexstore.engine.compaction;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import java.util.ArrayList;
import java.util.List;

/** The split of a large merge into key ranges that are merged at the same time. Pure functions. */
final class Subcompactions {
  private Subcompactions() {}

  /**
   * Returns the first keys of all subcompactions but the first, ascending. Each is the successor of
   * a table's first key, so that subcompactions have about the same bytes. No key lies between such
   * a border and the table's first key, so a range tombstone that is cut there ends at a known key.
   *
   * @param subcompactionsMax the most subcompactions
   * @param bytesMin the least bytes of a subcompaction
   */
  static List<byte[]> borders(List<TableMeta> inputs, int subcompactionsMax, long bytesMin) {
    long total = TreeShape.bytes(inputs);
    long count = Math.min(subcompactionsMax, total / Math.max(1, bytesMin));
    List<byte[]> borders = new ArrayList<>();
    if (count < 2) {
      return borders;
    }
    List<TableMeta> byKey = new ArrayList<>(inputs);
    byKey.sort((a, b) -> Keys.compare(a.smallestKey(), b.smallestKey()));
    byte[] last = byKey.getFirst().smallestKey();
    long bytes = 0;
    for (TableMeta table : byKey) {
      boolean isFull = bytes * count >= total * (borders.size() + 1);
      byte[] smallest = table.smallestKey();
      boolean hasSuccessor = smallest.length < Limits.KEY_BYTES_MAX;
      if (isFull
          && hasSuccessor
          && borders.size() + 1 < count
          && Keys.compare(smallest, last) > 0) {
        last = smallest;
        borders.add(Keys.successor(smallest));
      }
      bytes += table.fileBytes();
    }
    return borders;
  }
}
