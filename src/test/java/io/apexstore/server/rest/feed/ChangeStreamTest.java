package io.apexstore.server.rest.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.ApexStore;
import io.apexstore.server.http.BodyBudget;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.ProblemException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChangeStreamTest {
  @TempDir private Path folder;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static FeedReader reader(ApexStore store, String prefix, BodyBudget bodies) {
    return reader(store, "0", prefix, bodies);
  }

  private static FeedReader reader(
      ApexStore store, String since, String prefix, BodyBudget bodies) {
    return new FeedReader(
        store,
        new ChangeRequest(
            ChangeRequest.Format.NDJSON, bytes(prefix), List.of(), since, false, 0, 1_000),
        bodies);
  }

  private static ChangeStream stream(FeedReader reader) {
    return new ChangeStream(reader, ChangeRequest.Format.NDJSON, Long.MAX_VALUE, () -> {});
  }

  private static int count(ChangeStream.Piece piece, String type) {
    return piece.bytes().toString().split("\"type\":\"" + type + "\"", -1).length - 1;
  }

  @Test
  void aPieceEndsWhereMuchWasReadForNothing() {
    try (ApexStore store = ApexStore.open(folder)) {
      for (int i = 0; i < 20; i++) {
        store.put(bytes("k" + i), new byte[1 << 20]);
      }
      ChangeStream stream = stream(reader(store, "none", new BodyBudget(0)));
      int pieces = 0;
      boolean end = false;
      while (!end) {
        ChangeStream.Piece piece = stream.next();
        assertEquals(pieces == 0 ? 1 : 0, count(piece, "heartbeat"));
        assertEquals(piece.end() ? 0 : 1, count(piece, "bookmark"));
        end = piece.end();
        pieces++;
      }
      assertTrue(pieces >= 4, pieces + " pieces");
      stream.close();
    }
  }

  @Test
  void aChangeForWhichThereIsNoMemoryEndsTheStreamAndIsGivenToTheNextWhenThereIs() {
    BodyBudget bodies = new BodyBudget(1 << 20);
    byte[] large = new byte[300_000];
    new Random(5).nextBytes(large);
    try (ApexStore store = ApexStore.open(folder)) {
      store.put(bytes("a"), bytes("1"));
      store.put(bytes("b"), large);
      store.put(bytes("c"), bytes("3"));
      ChangeStream stream = stream(reader(store, "", bodies));
      assertTrue(bodies.tryTake(900_000));
      ChangeStream.Piece first = stream.next();
      assertEquals(1, count(first, "put"));
      assertEquals(0, first.counted());
      assertFalse(first.end());
      ProblemException refused = assertThrows(ProblemException.class, stream::next);
      assertEquals(Problem.Kind.OVERLOADED, refused.problem().kind());
      bodies.giveBack(900_000);
      assertThrows(ProblemException.class, stream::next);
      stream.close();
      String text = first.bytes().toString();
      int token = text.lastIndexOf("\"token\":\"") + "\"token\":\"".length();
      stream = stream(reader(store, text.substring(token, text.indexOf('"', token)), "", bodies));
      ChangeStream.Piece second = stream.next();
      assertEquals(1, count(second, "put"));
      assertTrue(second.bytes().length() <= second.counted() + FeedReader.FREE_BYTES);
      assertTrue(second.bytes().length() + 1_000 > second.counted() + FeedReader.FREE_BYTES);
      assertEquals(second.counted(), bodies.bytes());
      bodies.giveBack(second.counted());
      ChangeStream.Piece third = stream.next();
      assertEquals(1, count(third, "put"));
      assertTrue(third.bytes().toString().contains("\"key\":\"c\""));
      assertTrue(third.end());
      stream.close();
      assertEquals(0, bodies.bytes());
    }
  }

  @Test
  void whatIsLargerThanAllMemoryForBodiesIsGivenWhereNobodyElseHoldsAny() {
    BodyBudget bodies = new BodyBudget(200_000);
    try (ApexStore store = ApexStore.open(folder)) {
      store.put(bytes("a"), new byte[1 << 20]);
      FeedReader reader = reader(store, "", bodies);
      ChangeStream stream = stream(reader);
      ChangeStream.Piece piece = stream.next();
      assertEquals(200_000, piece.counted());
      assertTrue(piece.bytes().length() > 6 << 20);
      ChangeStream other = stream(reader(store, "", bodies));
      assertThrows(ProblemException.class, other::next);
      other.close();
      bodies.giveBack(1);
      ChangeStream third = stream(reader(store, "", bodies));
      assertThrows(ProblemException.class, third::next);
      third.close();
      bodies.giveBack(piece.counted() - 1);
      stream.close();
      assertEquals(0, bodies.bytes());
    }
  }
}
