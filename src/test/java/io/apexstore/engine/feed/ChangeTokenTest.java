package io.apexstore.engine.feed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.VersionTags;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChangeTokenTest {
  private static final VersionTags TAGS =
      new VersionTags(new long[] {1, 500}, new int[] {0x3fa9c2d1, 0x0bad0bad});

  @Test
  void aTokenIsReadAsItWasWritten() {
    Random random = new Random(1);
    for (int i = 0; i < 1_000; i++) {
      long version = random.nextLong(1L << 59);
      int index = random.nextBoolean() ? ChangeToken.WHOLE : random.nextInt(1_000_000);
      ChangeToken token = new ChangeToken(version, index, null);
      assertEquals(token, ChangeToken.parse(token.text(TAGS), TAGS));

      byte[] key = new byte[1 + random.nextInt(2 * ChangeToken.KEY_BYTES_MAX)];
      random.nextBytes(key);
      ChangeToken.SnapshotPosition position =
          ChangeToken.SnapshotPosition.after(random.nextInt(1_000), key);
      String text = new ChangeToken(version, ChangeToken.WHOLE, position).text(TAGS);
      assertTrue(text.length() <= 2048 && text.matches("[-._~A-Za-z0-9]+"), text);
      ChangeToken read = ChangeToken.parse(text, TAGS);
      assertEquals(version, read.version());
      ChangeToken.SnapshotPosition found = read.snapshotPosition();
      assertNotNull(found);
      assertEquals(position.keyspaceId(), found.keyspaceId());
      assertArrayEquals(position.keyStart(), found.keyStart());
      assertEquals(position.digest(), found.digest());
      boolean isLong = key.length > ChangeToken.KEY_BYTES_MAX;
      assertEquals(isLong, found.isAbridged());
      assertEquals(isLong, found.isAbridgedFrom(key));
      key[key.length - 1]++;
      assertFalse(found.isAbridgedFrom(key));
    }
  }

  @Test
  void tokensLookAsInTheManual() {
    assertEquals("417-3fa9c2d1", ChangeToken.after(417).text(TAGS));
    assertEquals("417.2-3fa9c2d1", new ChangeToken(417, 2, null).text(TAGS));
    ChangeToken.SnapshotPosition position =
        new ChangeToken.SnapshotPosition(1, new byte[] {'k', '1'}, "");
    assertEquals(
        "417-3fa9c2d1-s1.azE", new ChangeToken(417, ChangeToken.WHOLE, position).text(TAGS));
    assertEquals(ChangeToken.after(417), ChangeToken.parse("417", TAGS));
    assertEquals(new ChangeToken(417, 2, null), ChangeToken.parse("417.2", TAGS));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "x",
        "-1",
        "1.",
        ".1",
        "1-",
        "1.2.3",
        "1 ",
        "+1",
        "1234567890123456789",
        "1.1234567890",
        "1-3fa9c2d",
        "1-3fa9c2d11",
        "1-3FA9C2D1",
        "1-3fa9c2d1-",
        "1-3fa9c2d1-s",
        "1-3fa9c2d1-s1",
        "1-3fa9c2d1-s1.a",
        "1-3fa9c2d1-s1.a!",
        "1-3fa9c2d1-s1.azE~",
        "1-3fa9c2d1-s1.azE~zz",
        "1-3fa9c2d1-s1.azE~0123456789012345678901234",
        "\u0661"
      })
  void aMalformedTokenIsRefused(String text) {
    EngineException e = assertThrows(EngineException.class, () -> ChangeToken.parse(text, TAGS));
    assertEquals(Failure.INVALID_REQUEST, e.failure());
  }

  @Test
  void aLongTextIsRefusedAndNotRepeated() {
    EngineException e =
        assertThrows(EngineException.class, () -> ChangeToken.parse("1".repeat(1 << 20), TAGS));
    assertEquals(Failure.INVALID_REQUEST, e.failure());
    assertTrue(String.valueOf(e.getMessage()).length() < 200);
  }

  @Test
  void aTokenHasTheTagOfTheHistoryThatItsVersionBelongsTo() {
    assertEquals("0-3fa9c2d1", ChangeToken.after(0).text(TAGS));
    assertEquals("499-3fa9c2d1", ChangeToken.after(499).text(TAGS));
    assertEquals("500-0bad0bad", ChangeToken.textAfter(500, TAGS));
    for (String text : new String[] {"499-0bad0bad", "500-3fa9c2d1", "500.1-3fa9c2d1"}) {
      EngineException e = assertThrows(EngineException.class, () -> ChangeToken.parse(text, TAGS));
      assertEquals(Failure.TOKEN_UNKNOWN, e.failure());
    }
  }

  @Test
  void aTokenOfAnotherStoreIsDistinguishedFromAMalformedOne() {
    EngineException e =
        assertThrows(EngineException.class, () -> ChangeToken.parse("1-00000000", TAGS));
    assertEquals(Failure.TOKEN_UNKNOWN, e.failure());
  }
}
