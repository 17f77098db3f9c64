package io.apexstore.engine.feed;

import io.apexstore.engine.base.Keys;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An iteration over the entries of all accepted keyspaces at one version. Entries are read in
 * pieces, each by its own scan, so that a slow consumer pins no memory. The version is registered
 * with the store until {@link #release}.
 *
 * <p><b>Threads:</b> confined to one at a time.
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

  // Position of the scans, which is past the events of the current piece.
  private int keyspaceId;
  private byte[] afterKey;
  // The resumed position while only the beginning of its key is known.
  private ChangeToken.@Nullable SnapshotPosition abridged;
  private boolean released;

  // Positions after the event that was returned last, and after the one before it.
  private Place taken;
  private Place takenBefore;

  /** A position after a key of a keyspace. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Place(
      int keyspaceId, byte[] key, ChangeToken.@Nullable SnapshotPosition abridged) {}

  /**
   * Begins or resumes a snapshot. Registers the version of a resumed snapshot if it can still be
   * read, otherwise the newest version.
   *
   * @param from the position in the snapshot
   * @param logVersion version of the resumed snapshot, after which the log will be read; null for a
   *     new snapshot, which uses the registered version
   */
  SnapshotWalk(
      ChangeSource source,
      ChangeFilter filter,
      ChangeToken.SnapshotPosition from,
      @Nullable Long logVersion) {
    this.source = source;
    this.filter = filter;
    this.keyspaceId = from.keyspaceId();
    this.afterKey = from.keyStart();
    this.abridged = from.isAbridged() ? from : null;
    this.taken = new Place(keyspaceId, afterKey, abridged);
    this.takenBefore = taken;
    this.nowMs = source.time().currentTimeMs();
    boolean kept = logVersion != null && source.registerSnapshotAt(logVersion);
    this.readVersion = kept ? logVersion : source.registerSnapshot();
    this.logVersion = logVersion == null ? readVersion : logVersion;
  }

  /** Returns the position before the first entry. */
  static ChangeToken.SnapshotPosition start() {
    return new ChangeToken.SnapshotPosition(0, NONE, "");
  }

  /** Returns the version after which the log must be read once the snapshot is complete. */
  long logVersion() {
    return logVersion;
  }

  /** Returns the version that the entries are read at. */
  long readVersion() {
    return readVersion;
  }

  /** Returns the next entry, or null if there is none. */
  @Nullable ChangeEvent next() {
    if (piece.isEmpty()) {
      fill();
    }
    ChangeEvent event = piece.poll();
    if (event != null) {
      takenBefore = taken;
      ChangeToken.SnapshotPosition at = Objects.requireNonNull(event.token().snapshotPosition());
      taken = new Place(at.keyspaceId(), event.key(), null);
    }
    return event;
  }

  /**
   * Drops the piece; it will be read again.
   *
   * @param undo whether the last event will be returned again, too
   */
  void dropPiece(boolean undo) {
    if (undo) {
      taken = takenBefore;
    }
    piece.clear();
    keyspaceId = taken.keyspaceId;
    afterKey = taken.key;
    abridged = taken.abridged;
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
    abridged = null;
  }

  /**
   * Advances to the key that the resumed position is after. If it is gone, which a snapshot at a
   * newer version allows, the walk stays before all keys with the same beginning: they are
   * repeated.
   */
  private void findAbridgedKey(ChangeToken.SnapshotPosition position) {
    abridged = null;
    source.scan(
        keyspaceId,
        position.keyStart(),
        Keys.prefixEnd(position.keyStart()),
        readVersion,
        Long.MIN_VALUE, // An expired entry still marks the position.
        (key, value, version, expiryMs) -> {
          boolean found = position.isAbridgedFrom(key);
          if (found) {
            afterKey = key;
          }
          return !found;
        });
  }

  /** Adds entries of the keyspace to the piece; returns false if the piece is full. */
  private boolean scan(String name) {
    ChangeToken.SnapshotPosition position = abridged;
    if (position != null) {
      findAbridgedKey(position);
    }
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
    ChangeToken.SnapshotPosition position = ChangeToken.SnapshotPosition.after(keyspaceId, key);
    return new ChangeEvent(
        ChangeEvent.Kind.SNAPSHOT,
        new ChangeToken(logVersion, ChangeToken.WHOLE, position),
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
