package io.apexstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.error.ApexException;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class KeyRangeTest {
  private static final int KEY_BYTES_MAX = 64 << 10;

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static List<Function<byte[], KeyRange>> factories() {
    return List.of(
        KeyRange::from,
        KeyRange::below,
        KeyRange::prefix,
        bound -> KeyRange.between(bound, bytes("z")),
        bound -> KeyRange.between(bytes("a"), bound),
        bound -> KeyRange.of(bound, null),
        bound -> KeyRange.of(null, bound),
        bound -> new KeyRange(bound, bytes("z")));
  }

  @Test
  void aCallerThatChangesItsArraysDoesNotChangeTheRange() {
    for (Function<byte[], KeyRange> factory : factories()) {
      byte[] bound = bytes("m");
      KeyRange range = factory.apply(bound);
      bound[0] = 'x';
      assertEquals(factory.apply(bytes("m")), range);
    }
  }

  @Test
  void aReaderThatChangesTheBoundsDoesNotChangeTheRange() {
    KeyRange range = KeyRange.between(bytes("b"), bytes("d"));
    byte[] from = range.from();
    byte[] to = range.to();
    assertNotNull(from);
    assertNotNull(to);
    from[0] = 'x';
    to[0] = 'x';
    assertArrayEquals(bytes("b"), range.from());
    assertArrayEquals(bytes("d"), range.to());
    assertTrue(range.contains(bytes("c")));
  }

  @Test
  void aBoundMayFollowTheLongestKeyAndIsNoLonger() {
    for (Function<byte[], KeyRange> factory : factories()) {
      assertNotNull(factory.apply(new byte[KEY_BYTES_MAX + 1]));
      ApexException e =
          assertThrows(ApexException.class, () -> factory.apply(new byte[KEY_BYTES_MAX + 2]));
      assertEquals(ApexException.Code.INVALID_REQUEST, e.code());
    }
  }

  @Test
  void aPrefixEndsBeforeTheNextOne() {
    assertEquals(KeyRange.between(bytes("ab"), bytes("ac")), KeyRange.prefix(bytes("ab")));
    assertEquals(
        KeyRange.between(new byte[] {1, -1}, new byte[] {2}), KeyRange.prefix(new byte[] {1, -1}));
    assertEquals(KeyRange.from(new byte[] {-1, -1}), KeyRange.prefix(new byte[] {-1, -1}));
    assertEquals(KeyRange.all(), KeyRange.prefix(new byte[0]));
    assertNull(KeyRange.all().from());
    assertNull(KeyRange.all().to());
  }

  @Test
  void aRangeIsEmptyIfItsEndIsNotPastItsStart() {
    assertTrue(KeyRange.between(bytes("b"), bytes("b")).isEmpty());
    assertTrue(KeyRange.between(bytes("c"), bytes("b")).isEmpty());
    assertTrue(KeyRange.below(new byte[0]).isEmpty());
    assertFalse(KeyRange.between(bytes("b"), bytes("b\0")).isEmpty());
    assertFalse(KeyRange.all().isEmpty());
  }
}
