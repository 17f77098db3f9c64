package io.apexstore.engine.compaction;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import java.util.ArrayList;
import java.util.List;

/** Where a large merge is cut into parts that can be merged at once. A pure function. */
final class Subcompactions {
  private Subcompactions() {}

  /**
   * Returns the keys at which parts begin, but for the first: right behind the first keys of
   * tables, rising, so that the parts have about the same bytes. No key stands between such a cut
   * and the table's first key, so that what is deleted up to the cut ends at a key that is known.
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
      byte[] smallest = table.smallestKey();
      boolean canCut = smallest.length < Limits.KEY_BYTES_MAX;
      if (full && canCut && cuts.size() + 1 < parts && TreeShape.compare(smallest, last) > 0) {
        last = smallest;
        cuts.add(Keys.successor(smallest));
      }
      bytes += table.fileBytes();
    }
    return cuts;
  }
}
