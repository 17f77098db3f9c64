package io.apexstore.engine.compaction;

import io.apexstore.engine.base.TableMeta;
import io.apexstore.engine.version.TreeShape;
import java.util.ArrayList;
import java.util.List;

/** Where a large merge is cut into parts that can be merged at once. A pure function. */
final class SubRanges {
  private SubRanges() {}

  /**
   * Returns the keys at which parts begin, but for the first: first keys of tables, rising, so that
   * the parts have about the same bytes.
   *
   * @param partsMax the most parts
   * @param partBytesMin the least bytes of a part
   */
  static List<byte[]> cuts(List<TableMeta> inputs, int partsMax, long partBytesMin) {
    long total = TreeShape.bytes(inputs);
    long parts = Math.min(partsMax, total / Math.max(1, partBytesMin));
    List<byte[]> cuts = new ArrayList<>();
    if (parts < 2) {
      return cuts;
    }
    List<TableMeta> byKey = new ArrayList<>(inputs);
    byKey.sort((a, b) -> TreeShape.compare(a.smallestKey(), b.smallestKey()));
    byte[] last = byKey.getFirst().smallestKey();
    long bytes = 0;
    for (TableMeta table : byKey) {
      boolean full = bytes * parts >= total * (cuts.size() + 1);
      if (full && cuts.size() + 1 < parts && TreeShape.compare(table.smallestKey(), last) > 0) {
        last = table.smallestKey();
        cuts.add(last);
      }
      bytes += table.fileBytes();
    }
    return cuts;
  }
}
