package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.Limits;
import io.apexstore.engine.tombstone.RangeTombstones;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TombstoneSplitterTest {
  private static final byte[] LONGEST_KEY = new byte[Limits.KEY_BYTES_MAX];

  private final TombstoneSplitter splitter =
      new TombstoneSplitter(
          new RangeTombstones.Builder().add(key("a"), key("z"), new long[] {7}).build());

  private static byte[] key(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void eachTableGetsThePartBetweenItsBorders() {
    assertEquals("[\"a\", \"f\\x00\") @7\n", splitter.splitAfter(key("f")).toString());
    assertEquals("[\"f\\x00\", \"m\\x00\") @7\n", splitter.splitAfter(key("m")).toString());
    assertEquals("[\"m\\x00\", \"z\") @7\n", splitter.rest().toString());
  }

  @Test
  void aTablePastTheTombstonesGetsNone() {
    splitter.splitAfter(key("zz"));
    assertTrue(splitter.splitAfter(key("zzz")).isEmpty());
    assertTrue(splitter.rest().isEmpty());
  }

  @Test
  void tombstonesCannotBeCutAfterAKeyOfMaximalLength() {
    assertFalse(splitter.canSplitAfter(LONGEST_KEY));
  }

  @Test
  void withoutTombstonesATableMayEndAfterAnyKey() {
    TombstoneSplitter none = new TombstoneSplitter(RangeTombstones.NONE);
    assertTrue(none.canSplitAfter(LONGEST_KEY));
    assertTrue(none.splitAfter(LONGEST_KEY).isEmpty());
    assertTrue(none.rest().isEmpty());
  }
}
