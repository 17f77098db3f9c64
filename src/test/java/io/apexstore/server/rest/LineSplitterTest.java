package io.apexstore.server.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LineSplitterTest {
  private final List<String> lines = new ArrayList<>();
  private boolean tooLong;
  private int room = 1_000;
  private int linesMax = Integer.MAX_VALUE;

  @Test
  void linesAreTheSameHoweverTheyArrive() {
    byte[] input = "one\ntwo\r\n\nfour is longer\nlast".getBytes(StandardCharsets.UTF_8);
    Random random = new Random(7);
    for (int round = 0; round < 200; round++) {
      lines.clear();
      room = 1_000;
      LineSplitter splitter = splitter(100);
      int from = 0;
      while (from < input.length) {
        int to = Math.min(input.length, from + 1 + random.nextInt(8));
        assertTrue(splitter.feed(Arrays.copyOfRange(input, from, to)));
        from = to;
      }
      assertTrue(splitter.end());
      assertEquals(List.of("one", "two", "", "four is longer", "last"), lines);
    }
  }

  @Test
  void aLineThatIsTooLongEndsItWhetherOrNotItsEndHasCome() {
    LineSplitter splitter = splitter(4);
    assertTrue(splitter.feed(bytes("1234\n")));
    assertFalse(splitter.feed(bytes("12345\n")));
    assertTrue(tooLong);
    tooLong = false;
    splitter = splitter(4);
    assertTrue(splitter.feed(bytes("12")));
    assertFalse(splitter.feed(bytes("345")));
    assertTrue(tooLong);
    assertEquals(List.of("1234"), lines);
  }

  @Test
  void whatIsHeldOfALineNeedsRoom() {
    room = 10;
    LineSplitter splitter = splitter(100);
    assertTrue(splitter.feed(bytes("12345678")));
    assertFalse(splitter.feed(bytes("90abc")));
  }

  @Test
  void nothingFollowsOnceNoMoreIsWanted() {
    linesMax = 1;
    assertFalse(splitter(100).feed(bytes("a\nb\nc\n")));
    assertEquals(List.of("a"), lines);
  }

  private LineSplitter splitter(int bytesMax) {
    return new LineSplitter(
        bytesMax,
        new LineSplitter.Lines() {
          @Override
          public boolean line(byte[] bytes, int offset, int length) {
            lines.add(new String(bytes, offset, length, StandardCharsets.UTF_8));
            return lines.size() < linesMax;
          }

          @Override
          public boolean makeRoom(int bytes) {
            room -= bytes;
            return room >= 0;
          }

          @Override
          public void tooLong() {
            tooLong = true;
          }
        });
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
