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
 * A consumer of changes that outlives the processes of a run: it keeps its token and what it made
 * of the changes, and goes on with the next process from there; or, after a power cut, from where
 * it was then.
 */
final class CrashFeed {
  /** An event, and what it put. */
  private record Told(ChangeEvent event, @Nullable Entry entry) {
    Told(ChangeEvent event) {
      byte[] value = event.value();
      this(event, value == null ? null : new Entry(value, event.expiryMs()));
    }
  }

  /** Where it was at a step: it had the first of the events, and the token. */
  private record State(
      int step, List<Told> events, int count, String token, boolean wholeSnapshot) {}

  private final List<State> states = new ArrayList<>();
  // Since it began with a snapshot the last time.
  private List<Told> events = new ArrayList<>();
  private StoreContent content = new StoreContent(StoreContent.BEFORE_EVERYTHING);
  private String token = "";
  private @Nullable ChangeCursor cursor;
  private boolean inSnapshot;
  // Whether the snapshot was read to its end by the process in which it began.
  private boolean wholeSnapshot;
  // Of the last commit: what its deletions of ranges took away.
  private long lastVersion;
  private long lastTimeMs;
  private int resumed;
  private int expired;

  /** Goes on with a process that has just been started; begins anew where it cannot. */
  void attach(LsmEngine engine) {
    wholeSnapshot &= !inSnapshot;
    if (token.isEmpty() || !resume(engine)) {
      begin(engine);
    }
  }

  /**
   * Goes on with a process that has just been started.
   *
   * @return whether what comes next is still kept
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
    // A token of the future would be one of a commit that was told and is lost.
    if (e.failure() != Failure.TOKEN_EXPIRED) {
      throw e;
    }
    expired++;
  }

  /** Notes where it is at a step. */
  void remember(int step) {
    states.add(new State(step, events, events.size(), token, wholeSnapshot));
  }

  /** Returns a consumer that stands where this one stood before a step; null: it had no token. */
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
    last.events.subList(0, last.count).forEach(told -> feed.take(told));
    feed.wholeSnapshot = last.wholeSnapshot && !feed.inSnapshot;
    feed.token = last.token;
    return feed;
  }

  /**
   * Takes in at most so many events.
   *
   * @param told is given the value of each put
   * @return whether that was all there is
   */
  boolean consume(LsmEngine engine, int max, Consumer<byte[]> told) {
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
      Told taken = new Told(event);
      take(taken);
      if (taken.entry != null && event.isData()) {
        told.accept(taken.entry.value());
      }
    }
    return false;
  }

  private void take(Told told) {
    events.add(told);
    ChangeEvent event = told.event;
    inSnapshot &= event.kind() != Kind.SNAPSHOT_END;
    if (!event.isData()) {
      return;
    }
    if (event.kind() != Kind.SNAPSHOT) {
      checkOrder(event);
      checkAgainstBefore(event);
    }
    String key = text(event.key());
    Entry entry = told.entry;
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
    require(event.commitTimeMs() >= lastTimeMs, event, "is of a time before " + lastTimeMs);
    lastVersion = event.version();
    lastTimeMs = event.commitTimeMs();
  }

  private void checkAgainstBefore(ChangeEvent event) {
    if (!wholeSnapshot) {
      return; // What is known may be newer than the event.
    }
    Entry before = content.entry(event.keyspace(), text(event.key()));
    boolean ofExpired = event.kind() == Kind.EXPIRED;
    if (ofExpired && !event.keyspace().equals(StoreContent.FIRST_IN_FIRST_OUT)) {
      boolean isOver = before == null || !before.isVisibleAt(event.commitTimeMs());
      require(isOver, event, "took away what had not expired");
    }
    byte[] previous = event.previousValue();
    if (previous != null) {
      // What had expired was not in the snapshot.
      boolean right = before == null ? ofExpired : Arrays.equals(previous, before.value());
      require(right, event, "tells of a previous value that was not there");
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
   * Checks that it was told of the last of some changes, each once and in order, and of nothing
   * else but what went by itself.
   */
  void checkToldTheLastOf(List<Change> changes) {
    List<Told> changed =
        events.stream()
            .filter(told -> told.event.isData() && told.event.kind() != Kind.SNAPSHOT)
            .filter(told -> told.event.kind() != Kind.EXPIRED)
            .toList();
    for (int i = 1; i <= changed.size(); i++) {
      Told told = changed.get(changed.size() - i);
      Change change = i > changes.size() ? null : changes.get(changes.size() - i);
      require(
          change != null && tells(told, change),
          told.event,
          "is number " + i + " from the end, where this should be: " + change);
    }
  }

  private static boolean tells(Told told, Change change) {
    ChangeEvent event = told.event;
    byte[] to = event.to();
    Entry entry = change.entry();
    Kind kind = change.to() != null ? Kind.RANGE_DELETE : entry == null ? Kind.DELETE : Kind.PUT;
    return event.kind() == kind
        && event.keyspace().equals(change.keyspace())
        && text(event.key()).equals(change.key())
        && Objects.equals(to == null ? null : text(to), change.to())
        && (entry == null || (told.entry != null && entry.sameAs(told.entry)));
  }

  /** Whether it is behind its snapshot, so that what it has is what the store had at a version. */
  boolean isConsistent() {
    return !inSnapshot;
  }

  StoreContent content() {
    return content;
  }

  /** Whether it was told of nothing yet. */
  boolean isAtTheBeginning() {
    return events.stream().noneMatch(told -> told.event.isData());
  }

  String token() {
    return token;
  }

  /** How often it went on from a token. */
  int resumed() {
    return resumed;
  }

  /** How often it had to begin anew, or could not go on. */
  int expired() {
    return expired;
  }
}
