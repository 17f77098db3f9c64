package io.apexstore.server.rest.bulk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.server.rest.bulk.LineSplitter.Next;
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
  private int waitBytes = Integer.MAX_VALUE;

  @Test
  void linesDoNotDependOnTheChunks() {
    byte[] input = "one\ntwo\r\n\nfour is longer\nlast".getBytes(StandardCharsets.UTF_8);
    Random random = new Random(7);
    for (int round = 0; round < 200; round++) {
      lines.clear();
      waitBytes = 1 + random.nextInt(20);
      room = 1_000;
      LineSplitter splitter = splitter(100);
      int from = 0;
      while (from < input.length) {
        int to = Math.min(input.length, from + 1 + random.nextInt(8));
        Next next = splitter.feed(Arrays.copyOfRange(input, from, to));
        while (next == Next.WAIT) {
          next = splitter.resume();
        }
        assertEquals(Next.MORE, next);
        from = to;
      }
      Next last = splitter.end();
      assertEquals(Next.MORE, last == Next.WAIT ? splitter.resume() : last);
      assertEquals(List.of("one", "two", "", "four is longer", "last"), lines);
    }
  }

  @Test
  void aLineThatIsTooLongStopsTheSplitterBeforeAndAtItsEnd() {
    LineSplitter splitter = splitter(4);
    assertEquals(Next.MORE, splitter.feed(bytes("1234\n")));
    assertEquals(Next.STOP, splitter.feed(bytes("12345\n")));
    assertTrue(tooLong);
    tooLong = false;
    splitter = splitter(4);
    assertEquals(Next.MORE, splitter.feed(bytes("12")));
    assertEquals(Next.STOP, splitter.feed(bytes("345")));
    assertTrue(tooLong);
    assertEquals(List.of("1234"), lines);
  }

  @Test
  void anIncompleteLineIsReserved() {
    room = 10;
    LineSplitter splitter = splitter(100);
    assertEquals(Next.MORE, splitter.feed(bytes("12345678")));
    assertEquals(Next.STOP, splitter.feed(bytes("90abc")));
  }

  @Test
  void noLineFollowsStop() {
    linesMax = 1;
    assertEquals(Next.STOP, splitter(100).feed(bytes("a\nb\nc\n")));
    assertEquals(List.of("a"), lines);
  }

  private LineSplitter splitter(int bytesMax) {
    return new LineSplitter(
        bytesMax,
        new LineSplitter.Lines() {
          @Override
          public Next line(byte[] bytes, int offset, int length) {
            lines.add(new String(bytes, offset, length, StandardCharsets.UTF_8));
            if (lines.size() >= linesMax) {
              return Next.STOP;
            }
            return length >= waitBytes ? Next.WAIT : Next.MORE;
          }

          @Override
          public boolean tryReserve(int bytes) {
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
