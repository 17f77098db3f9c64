package io.apexstore.engine.feed;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Walks over the entries of all wanted keyspaces as of one version, some at a time, so that nothing
 * is pinned in memory while the consumer is slow: the version is registered with the store, and
 * each piece is read by a scan of its own.
 *
 * <p><b>Threads:</b> confined to one at a time. Must be released.
 */
final class SnapshotWalk {
  private static final int PIECE_BYTES = 64 << 10;
  private static final byte[] NONE = {};

  private final ChangeSource source;
  private final ChangeFilter filter;
  private final long logVersion;
  private final long readVersion;
  private final long nowMs;
  private final ArrayDeque<ChangeEvent> piece = new ArrayDeque<>();
  private long pieceBytes;

  // Where the reading is; the events of the piece are before that.
  private int keyspaceId;
  private byte[] afterKey;
  // The last key that a token can hold.
  private byte[] anchor;
  private boolean released;

  /**
   * Registers the version of a snapshot that is gone on with, or the newest where that is not kept
   * any more or none is; and begins or goes on.
   *
   * @param from where in the snapshot
   * @param logVersion the version behind which the log is read afterwards; null: the one registered
   */
  SnapshotWalk(
      ChangeSource source, ChangeFilter filter, ChangeToken.Place from, @Nullable Long logVersion) {
    this.source = source;
    this.filter = filter;
    this.keyspaceId = from.keyspaceId();
    this.afterKey = from.afterKey();
    this.anchor = from.afterKey();
    this.nowMs = source.time().currentTimeMs();
    boolean kept = logVersion != null && source.registerSnapshotAt(logVersion);
    this.readVersion = kept ? logVersion : source.registerSnapshot();
    this.logVersion = logVersion == null ? readVersion : logVersion;
  }

  /** The place before the first entry. */
  static ChangeToken.Place start() {
    return new ChangeToken.Place(0, NONE, "");
  }

  /** The version behind which the log is to be read afterwards. */
  long logVersion() {
    return logVersion;
  }

  /** The version that is read. */
  long readVersion() {
    return readVersion;
  }

  /** Returns the next entry, or null if there is none. */
  @Nullable ChangeEvent next() {
    if (piece.isEmpty()) {
      fill();
    }
    return piece.poll();
  }

  void release() {
    if (!released) {
      released = true;
      source.releaseSnapshot(readVersion);
    }
  }

  private void fill() {
    pieceBytes = 0;
    for (int id : source.keyspaceIds()) {
      if (id < keyspaceId) {
        continue;
      }
      if (id > keyspaceId) {
        begin(id);
      }
      String name = source.keyspaceName(id);
      if (name != null && filter.wantsKeyspace(name) && !scan(name)) {
        return;
      }
      begin(id + 1);
    }
  }

  private void begin(int newKeyspaceId) {
    keyspaceId = newKeyspaceId;
    afterKey = NONE;
    anchor = NONE;
  }

  /** Adds entries of the keyspace to the piece; false if it is full. */
  private boolean scan(String name) {
    byte[] next = Arrays.copyOf(afterKey, afterKey.length + 1);
    byte[] from = Arrays.compareUnsigned(filter.prefix(), next) > 0 ? filter.prefix() : next;
    byte[] to = filter.end();
    if (to != null && Arrays.compareUnsigned(from, to) >= 0) {
      return true;
    }
    source.scan(
        keyspaceId,
        from,
        to,
        readVersion,
        nowMs,
        (key, value, version, expiryMs) -> {
          piece.add(event(name, key, value, version, expiryMs));
          pieceBytes += key.length + value.length;
          afterKey = key;
          return pieceBytes < PIECE_BYTES;
        });
    return pieceBytes < PIECE_BYTES;
  }

  private ChangeEvent event(
      String keyspace, byte[] key, byte[] value, long version, long expiryMs) {
    String mark = "";
    if (key.length <= ChangeToken.KEY_BYTES_MAX) {
      anchor = key;
    } else {
      CRC32C crc = new CRC32C();
      crc.update(key);
      mark = String.format(Locale.ROOT, "%08x", crc.getValue());
    }
    ChangeToken.Place place = new ChangeToken.Place(keyspaceId, anchor, mark);
    return new ChangeEvent(
        ChangeEvent.Kind.SNAPSHOT,
        new ChangeToken(logVersion, ChangeToken.WHOLE, place),
        version,
        0,
        true,
        0,
        keyspace,
        key,
        null,
        value,
        null,
        expiryMs);
  }
}
