package io.apexstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.apexstore.error.ApexException;
import io.apexstore.options.StoreOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens after a directory was replaced by an older copy of itself, or opened after a crash. */
class RestoredCopyTest {
  @TempDir Path folder;

  private ApexStore open(String name) {
    return ApexStore.open(folder.resolve(name), StoreOptions.defaults());
  }

  /** Copies a directory; that of an open store is copied as a crash would leave it. */
  private void copy(String from, String to) {
    Path target = folder.resolve(to);
    try (Stream<Path> files = Files.list(folder.resolve(from))) {
      Files.createDirectory(target);
      for (Path file : files.toList()) {
        if (!file.getFileName().toString().equals("LOCK")) {
          Files.copy(file, target.resolve(file.getFileName()));
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Puts keys until a version has been committed, and returns that version. */
  private static long fillTo(ApexStore store, long version) {
    long last = 0;
    while (last < version) {
      last = store.put(("k" + last).getBytes(UTF_8), new byte[1]);
    }
    return last;
  }

  private static void assertUnknown(ApexStore store, String token) {
    ApexException e =
        assertThrows(ApexException.class, () -> store.changes().from(token).open().close());
    assertEquals(ApexException.Code.TOKEN_UNKNOWN, e.code(), token);
  }

  /** Asserts that a feed continues after the token with the next commit. */
  private static void assertKnown(ApexStore store, String token) {
    try (ChangeFeed feed = store.changes().from(token).open()) {
      long next = store.put("next".getBytes(UTF_8), new byte[0]);
      Change change = feed.poll();
      while (change instanceof Change.Progress) {
        change = feed.poll();
      }
      assertEquals(next, assertInstanceOf(Change.KeyChange.class, change).version(), token);
    }
  }

  @Test
  void aTokenOfTheFutureThatACopyDoesNotHaveStaysUnknownOnceTheCopyIsPastItsVersion() {
    String old;
    String lost;
    try (ApexStore store = open("a")) {
      old = store.token(fillTo(store, 5));
    }
    copy("a", "copy");
    try (ApexStore store = open("a")) {
      lost = store.token(fillTo(store, 15));
    }
    try (ApexStore copy = open("copy")) {
      assertUnknown(copy, lost);
      long last = fillTo(copy, 20);
      assertUnknown(copy, lost);
      assertKnown(copy, copy.token(last));
      try (ChangeFeed feed = copy.changes().from(old).open()) {
        assertEquals(6, assertInstanceOf(Change.KeyChange.class, feed.poll()).version());
      }
    }
    try (ApexStore store = open("a")) {
      assertKnown(store, lost);
    }
  }

  @Test
  void aCopyOfAnOpenStoreKnowsTheTokensUpToTheCopyOnly() {
    try (ApexStore store = open("a")) {
      String shared = store.token(fillTo(store, 5));
      copy("a", "copy");
      String lost = store.token(fillTo(store, 15));
      try (ApexStore copy = open("copy")) {
        assertKnown(copy, shared);
        assertUnknown(copy, lost);
        String later = copy.token(fillTo(copy, 1));
        assertUnknown(copy, lost);
        assertUnknown(store, later);
        assertEquals(store.token(5), copy.token(5));
        assertNotEquals(store.token(6), copy.token(6));
      }
    }
  }

  @Test
  void aFeedThatWaitedWhileTheStoreCrashedAgainAndAgainContinues() {
    String token;
    try (ApexStore store = open("0")) {
      fillTo(store, 5);
      copy("0", "1");
    }
    String name = "1";
    for (String next : List.of("2", "3")) {
      try (ApexStore store = open(name);
          ChangeFeed feed = store.changes().open()) {
        token = feed.token();
        copy(name, next);
      }
      try (ApexStore store = open(next)) {
        assertKnown(store, token);
      }
      name = next;
    }
  }

  @Test
  void aTokenOfAnEmptyStoreIsKnownAfterItWasOpenedAgainAndAgain() {
    String token;
    try (ApexStore store = open("a");
        ChangeFeed feed = store.changes().open()) {
      token = feed.token();
      copy("a", "crashed");
    }
    for (String name : List.of("a", "crashed")) {
      open(name).close();
      try (ApexStore store = open(name)) {
        assertKnown(store, token);
      }
    }
  }

  @Test
  void theTokensOfASnapshotBelongToTheirHistoryToo() {
    try (ApexStore store = open("a")) {
      fillTo(store, 5);
    }
    copy("a", "copy");
    String lost;
    try (ApexStore store = open("a")) {
      fillTo(store, 15);
      try (ChangeFeed feed = store.changes().withSnapshot().open()) {
        lost = assertInstanceOf(Change.KeyChange.class, feed.poll()).token();
      }
    }
    try (ApexStore copy = open("copy")) {
      fillTo(copy, 20);
      assertUnknown(copy, lost);
    }
  }
}
