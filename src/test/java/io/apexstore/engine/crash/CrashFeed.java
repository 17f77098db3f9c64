package io.apexstore.engine.crash;

import io.apexstore.engine.LsmEngine;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.crash.CrashHistory.Change;
import io.apexstore.engine.crash.StoreContent.Entry;
import io.apexstore.engine.feed.ChangeCursor;
import io.apexstore.engine.feed.ChangeEvent;
import io.apexstore.engine.feed.ChangeEvent.Kind;
import io.apexstore.engine.feed.ChangeFilter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A consumer of changes across the processes of a run. It keeps its token and the content that the
 * changes yield, and resumes with the next process; or, after a power cut, from its state at that
 * step.
 */
final class CrashFeed {
  /** An event, and the entry that it puts. */
  private record Received(ChangeEvent event, @Nullable Entry entry) {
    Received(ChangeEvent event) {
      byte[] value = event.value();
      this(event, value == null ? null : new Entry(value, event.expiryMs()));
    }
  }

  /** The state at a step: the number of events, and the token. */
  private record State(
      int step, List<Received> events, int count, String token, boolean wholeSnapshot) {}

  private final List<State> states = new ArrayList<>();
  // Since its last snapshot began.
  private List<Received> events = new ArrayList<>();
  private StoreContent content = new StoreContent(StoreContent.BEFORE_EVERYTHING);
  private String token = "";
  private @Nullable ChangeCursor cursor;
  private boolean inSnapshot;
  // Whether one process read the whole snapshot.
  private boolean wholeSnapshot;
  // The entries that the range tombstones of the last commit deleted.
  private long lastVersion;
  private long lastTimeMs;
  private int resumed;
  private int expired;

  /** Resumes with a new process; begins with a new snapshot if that is impossible. */
  void attach(LsmEngine engine) {
    wholeSnapshot &= !inSnapshot;
    if (token.isEmpty() || !resume(engine)) {
      begin(engine);
    }
  }

  /**
   * Resumes with a new process.
   *
   * @return whether the changes after the token are retained
   */
  boolean resume(LsmEngine engine) {
    cursor = null;
    try {
      cursor = engine.changes().openAt(token, ChangeFilter.ALL, Long.MAX_VALUE);
      resumed++;
      return true;
    } catch (EngineException e) {
      expectExpired(e);
      return false;
    }
  }

  private void begin(LsmEngine engine) {
    ChangeCursor opened = engine.changes().openNow(ChangeFilter.ALL, true, Long.MAX_VALUE);
    cursor = opened;
    token = opened.progressText();
    events = new ArrayList<>();
    content = new StoreContent(StoreContent.BEFORE_EVERYTHING);
    inSnapshot = true;
    wholeSnapshot = true;
    lastVersion = 0;
  }

  private void expectExpired(EngineException e) {
    // A token of the future would mean that a reported commit is lost.
    if (e.failure() != Failure.TOKEN_EXPIRED) {
      throw e;
    }
    expired++;
  }

  /** Records the state at a step. */
  void remember(int step) {
    states.add(new State(step, events, events.size(), token, wholeSnapshot));
  }

  /** Returns a consumer with the state of this one at a step; null: it had no token. */
  @Nullable CrashFeed asOf(int step) {
    State last = null;
    for (State state : states) {
      last = state.step <= step ? state : last;
    }
    if (last == null) {
      return null;
    }
    CrashFeed feed = new CrashFeed();
    feed.inSnapshot = true;
    last.events.subList(0, last.count).forEach(received -> feed.take(received));
    feed.wholeSnapshot = last.wholeSnapshot && !feed.inSnapshot;
    feed.token = last.token;
    return feed;
  }

  /**
   * Consumes at most this many events.
   *
   * @param puts gets the value of each put
   * @return whether it has reached the end
   */
  boolean consume(LsmEngine engine, int max, Consumer<byte[]> puts) {
    for (int i = 0; i < max; i++) {
      ChangeCursor open = Objects.requireNonNull(cursor);
      ChangeEvent event;
      try {
        event = open.poll();
      } catch (EngineException e) {
        expectExpired(e);
        begin(engine);
        continue;
      }
      if (event == null) {
        return true;
      }
      token = open.text(event.token());
      Received taken = new Received(event);
      take(taken);
      if (taken.entry != null && event.isData()) {
        puts.accept(taken.entry.value());
      }
    }
    return false;
  }

  private void take(Received received) {
    events.add(received);
    ChangeEvent event = received.event;
    inSnapshot &= event.kind() != Kind.SNAPSHOT_END;
    if (!event.isData()) {
      return;
    }
    if (event.kind() != Kind.SNAPSHOT) {
      checkOrder(event);
      checkAgainstBefore(event);
    }
    String key = text(event.key());
    Entry entry = received.entry;
    if (event.kind() == Kind.RANGE_DELETE) {
      byte[] to = event.to();
      content.removeRange(event.keyspace(), key, to == null ? null : text(to));
    } else if (entry == null) {
      content.remove(event.keyspace(), key);
    } else {
      content.put(event.keyspace(), key, entry);
    }
  }

  private void checkOrder(ChangeEvent event) {
    require(event.version() >= lastVersion, event, "came after version " + lastVersion);
    require(event.commitTimeMs() >= lastTimeMs, event, "has a time before " + lastTimeMs);
    lastVersion = event.version();
    lastTimeMs = event.commitTimeMs();
  }

  private void checkAgainstBefore(ChangeEvent event) {
    if (!wholeSnapshot) {
      return; // The known content may be newer than the event.
    }
    Entry before = content.entry(event.keyspace(), text(event.key()));
    boolean ofExpired = event.kind() == Kind.EXPIRED;
    if (ofExpired && !event.keyspace().equals(StoreContent.FIRST_IN_FIRST_OUT)) {
      boolean isOver = before == null || !before.isVisibleAt(event.commitTimeMs());
      require(isOver, event, "deletes an entry that has not expired");
    }
    byte[] previous = event.previousValue();
    if (previous != null) {
      // Expired entries were not in the snapshot.
      boolean right = before == null ? ofExpired : Arrays.equals(previous, before.value());
      require(right, event, "has a wrong previous value");
    }
  }

  private static void require(boolean holds, ChangeEvent event, String otherwise) {
    if (!holds) {
      throw new AssertionError(
          "the feed: "
              + event.kind()
              + " of "
              + event.keyspace()
              + "/"
              + text(event.key())
              + ", version "
              + event.version()
              + ", time "
              + event.commitTimeMs()
              + " "
              + otherwise);
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /**
   * Checks that its events end with the last of these changes, each once and in order, apart from
   * expired entries.
   */
  void checkLastChanges(List<Change> changes) {
    List<Received> changed =
        events.stream()
            .filter(received -> received.event.isData() && received.event.kind() != Kind.SNAPSHOT)
            .filter(received -> received.event.kind() != Kind.EXPIRED)
            .toList();
    for (int i = 1; i <= changed.size(); i++) {
      Received received = changed.get(changed.size() - i);
      Change change = i > changes.size() ? null : changes.get(changes.size() - i);
      require(
          change != null && matches(received, change),
          received.event,
          "is number " + i + " from the end, where this should be: " + change);
    }
  }

  private static boolean matches(Received received, Change change) {
    ChangeEvent event = received.event;
    byte[] to = event.to();
    Entry entry = change.entry();
    Kind kind = change.to() != null ? Kind.RANGE_DELETE : entry == null ? Kind.DELETE : Kind.PUT;
    return event.kind() == kind
        && event.keyspace().equals(change.keyspace())
        && text(event.key()).equals(change.key())
        && Objects.equals(to == null ? null : text(to), change.to())
        && (entry == null || (received.entry != null && entry.sameAs(received.entry)));
  }

  /** Whether it is past its snapshot, so that its content is that of the store at a version. */
  boolean isConsistent() {
    return !inSnapshot;
  }

  StoreContent content() {
    return content;
  }

  /** Whether it has no change yet. */
  boolean isAtTheBeginning() {
    return events.stream().noneMatch(received -> received.event.isData());
  }

  String token() {
    return token;
  }

  /** The number of times that it resumed from a token. */
  int resumed() {
    return resumed;
  }

  /** The number of times that its token had expired. */
  int expired() {
    return expired;
  }
}
