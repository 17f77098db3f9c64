package io.apexstore.engine.crash;

import io.apexstore.engine.LsmEngine;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.feed.ChangeCursor;
import io.apexstore.engine.feed.ChangeEvent;
import io.apexstore.engine.feed.ChangeFilter;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A consumer of changes that outlives the processes of a run: it keeps its token and what it made
 * of the changes, and goes on with the next process from there.
 */
final class CrashFeed {
  private StoreContent content = new StoreContent();
  private @Nullable String token;
  private @Nullable ChangeCursor cursor;
  private boolean inSnapshot;
  private long lastVersion;

  /** Goes on with a process that has just been started. */
  void attach(LsmEngine engine) {
    cursor = null;
    String last = token;
    if (last != null) {
      try {
        cursor = engine.changes().openAt(last, ChangeFilter.ALL, Long.MAX_VALUE);
        return;
      } catch (EngineException e) {
        expectExpired(e);
      }
    }
    begin(engine);
  }

  private void begin(LsmEngine engine) {
    ChangeCursor opened = engine.changes().openNow(ChangeFilter.ALL, true, Long.MAX_VALUE);
    cursor = opened;
    token = opened.progressText();
    content = new StoreContent();
    inSnapshot = true;
    lastVersion = 0;
  }

  private static void expectExpired(EngineException e) {
    // A token of the future would be one of a commit that was told and is lost.
    if (e.failure() != Failure.TOKEN_EXPIRED) {
      throw e;
    }
  }

  /**
   * Takes in at most so many events.
   *
   * @param told is given the value of each put
   * @return whether that was all there is
   */
  boolean consume(LsmEngine engine, int max, Consumer<byte[]> told) {
    for (int i = 0; i < max; i++) {
      ChangeEvent event;
      try {
        ChangeCursor open = cursor;
        event = open == null ? null : open.poll();
      } catch (EngineException e) {
        expectExpired(e);
        begin(engine);
        continue;
      }
      if (event == null) {
        return true;
      }
      take(event, told);
    }
    return false;
  }

  private void take(ChangeEvent event, Consumer<byte[]> told) {
    ChangeCursor open = cursor;
    token = open == null ? null : open.text(event.token());
    if (event.kind() == ChangeEvent.Kind.SNAPSHOT_END) {
      inSnapshot = false;
    }
    if (!event.isData()) {
      return;
    }
    if (event.kind() != ChangeEvent.Kind.SNAPSHOT) {
      if (event.version() < lastVersion) {
        throw new AssertionError(
            "the feed gave version " + event.version() + " after " + lastVersion);
      }
      lastVersion = event.version();
    }
    byte[] value = event.value();
    if (event.kind() == ChangeEvent.Kind.RANGE_DELETE) {
      byte[] to = event.to();
      content.deleteRange(
          event.keyspace(),
          new String(event.key(), StandardCharsets.ISO_8859_1),
          to == null ? null : new String(to, StandardCharsets.ISO_8859_1));
      return;
    }
    content.set(event.keyspace(), new String(event.key(), StandardCharsets.ISO_8859_1), value);
    if (value != null) {
      told.accept(value);
    }
  }

  /** Whether it is behind its snapshot, so that what it has is what the store had at a version. */
  boolean isConsistent() {
    return !inSnapshot;
  }

  StoreContent content() {
    return content;
  }
}
