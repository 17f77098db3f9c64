package io.apexstore;

import io.apexstore.error.ApexException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A cursor over a range as a {@link Transaction} sees it: the version that it reads, overlaid with
 * its own writes.
 *
 * <p><b>Threads:</b> confined to the thread that runs the transaction. <b>Errors:</b> as for {@link
 * Cursor}.
 */
public final class TransactionCursor implements AutoCloseable {
  private final Cursor stored;
  private final Iterator<Map.Entry<byte[], Transaction.Write>> own;
  private final List<KeyRange> deleted;
  private final KeyRange range;
  private final Transaction.RangeRead read;
  private final Runnable requireOpen;
  private byte @Nullable [] storedKey;
  private Map.@Nullable Entry<byte[], Transaction.Write> nextOwn;
  private boolean begun;
  private byte @Nullable [] key;
  private byte @Nullable [] value;

  TransactionCursor(
      Cursor stored,
      NavigableMap<byte[], Transaction.Write> own,
      List<KeyRange> deleted,
      KeyRange range,
      Transaction.RangeRead read,
      Runnable requireOpen) {
    this.stored = stored;
    this.own = own.entrySet().iterator();
    this.deleted = deleted;
    this.range = range;
    this.read = read;
    this.requireOpen = requireOpen;
  }

  /**
   * Moves to the next key; returns false past the last one.
   *
   * @throws ApexException {@code CLOSED} if the transaction has ended: what is read afterwards
   *     would not be checked when it commits
   */
  public boolean next() {
    requireOpen.run();
    if (!begun) {
      begun = true;
      stepStored();
      stepOwn();
    }
    while (true) {
      Map.Entry<byte[], Transaction.Write> mine = nextOwn;
      byte[] theirs = storedKey;
      if (mine == null && theirs == null) {
        key = null;
        value = null;
        read.readUpTo(range.to());
        return false;
      }
      int order = order(mine, theirs);
      if (order <= 0 && mine != null) {
        key = mine.getKey();
        value = mine.getValue().value();
        stepOwn();
        if (order == 0) {
          stepStored();
        }
        if (value == null) {
          continue;
        }
      } else {
        key = theirs;
        value = stored.value();
        stepStored();
      }
      byte[] at = Objects.requireNonNull(key);
      read.readUpTo(Arrays.copyOf(at, at.length + 1));
      return true;
    }
  }

  // Negative if the transaction's own entry comes first, 0 if it hides the stored one.
  private static int order(
      Map.@Nullable Entry<byte[], Transaction.Write> mine, byte @Nullable [] theirs) {
    if (mine == null) {
      return 1;
    }
    return theirs == null ? -1 : Arrays.compareUnsigned(mine.getKey(), theirs);
  }

  private void stepStored() {
    do {
      storedKey = stored.next() ? stored.key() : null;
    } while (storedKey != null && Transaction.isDeleted(deleted, storedKey));
    if (storedKey != null && stored.expiresMs() != 0) {
      // Expiry is not a write, so it is checked like a key that was read by itself.
      read.sawExpiring(storedKey, stored.version());
    }
  }

  private void stepOwn() {
    nextOwn = own.hasNext() ? own.next() : null;
  }

  /** Returns the current key, an array that the caller owns. */
  public byte[] key() {
    return current(key).clone();
  }

  /** Returns the current value, an array that the caller owns. */
  public byte[] value() {
    return current(value).clone();
  }

  private static byte[] current(byte @Nullable [] bytes) {
    if (bytes == null) {
      throw new ApexException(
          ApexException.Code.INVALID_REQUEST,
          "the cursor has no current entry: next() did not return true",
          null);
    }
    return bytes;
  }

  /** Releases what the cursor pins. Closing twice does nothing. */
  @Override
  public void close() {
    stored.close();
  }
}
