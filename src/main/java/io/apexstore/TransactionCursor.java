package io.apexstore;

import io.apexstore.error.ApexException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import org.jspecify.annotations.Nullable;

/**
 * A walk over a range as a {@link Transaction} sees it: the version that it reads, with its own
 * writes over it.
 *
 * <p><b>Threads:</b> confined to the one that runs the transaction. <b>Errors:</b> as of {@link
 * Cursor}.
 */
public final class TransactionCursor implements AutoCloseable {
  private final Cursor stored;
  private final Iterator<Map.Entry<byte[], Transaction.Write>> own;
  private final List<KeyRange> deleted;
  private final KeyRange range;
  private final Transaction.RangeRead read;
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
      Transaction.RangeRead read) {
    this.stored = stored;
    this.own = own.entrySet().iterator();
    this.deleted = deleted;
    this.range = range;
    this.read = read;
  }

  /** Goes to the next key; false past the last one. */
  public boolean next() {
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
      byte[] at = java.util.Objects.requireNonNull(key);
      read.readUpTo(Arrays.copyOf(at, at.length + 1));
      return true;
    }
  }

  // Negative if the transaction's own comes first, 0 if it hides the stored one.
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
      // That it expires is no write: it is looked at like a key that was read by itself.
      read.sawExpiring(storedKey, stored.version());
    }
  }

  private void stepOwn() {
    nextOwn = own.hasNext() ? own.next() : null;
  }

  /** Returns the current key, an array of the caller's own. */
  public byte[] key() {
    return current(key).clone();
  }

  /** Returns the current value, an array of the caller's own. */
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

  /** Lets go of what the cursor pins. Closing twice does nothing. */
  @Override
  public void close() {
    stored.close();
  }
}
