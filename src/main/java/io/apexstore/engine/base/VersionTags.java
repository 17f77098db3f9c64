package io.apexstore.engine.base;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * Tags that distinguish equal versions of different histories: of two stores, or of a store and a
 * copy of its directory that was written to on its own. A version with its tag, such as {@code
 * 417-3fa9c2d1}, identifies one commit. A tag has 8 hexadecimal digits.
 *
 * <p><b>Threads:</b> immutable.
 */
public final class VersionTags {
  private final long[] firstVersions;
  private final String[] tags;

  /**
   * Creates the tags of a history.
   *
   * @param firstVersions in ascending order, the first version of each part of the history; the
   *     first part also has all earlier versions
   * @param ids the ids of the parts
   */
  public VersionTags(long[] firstVersions, int[] ids) {
    this.firstVersions = firstVersions.clone();
    this.tags = new String[ids.length];
    for (int i = 0; i < ids.length; i++) {
      tags[i] = HexFormat.of().toHexDigits(ids[i]);
    }
  }

  /** Returns the tag of a version. */
  public String of(long version) {
    int newest = tags.length - 1;
    if (version >= firstVersions[newest]) {
      return tags[newest];
    }
    int found = Arrays.binarySearch(firstVersions, version);
    return tags[found >= 0 ? found : Math.max(0, -found - 2)];
  }
}
