package io.apexstore.engine.read;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.iterator.CurrentEntry;
import io.apexstore.engine.iterator.VisibleIterator;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A cursor over the visible entries of a range, as of one version, on a view that it holds.
 *
 * <p><b>Threads:</b> one at a time. <b>Invariants:</b> the view is held from before the first step
 * until {@link #close}, so the lent key and value stay in place even when the store closes.
 */
public final class RangeCursor implements EngineCursor {
  /**
   * The store that a cursor reads.
   *
   * <p><b>Threads:</b> any.
   */
  public interface Owner {
    /** Throws an {@link EngineException} {@code CLOSED} if the store is closed. */
    void requireOpen();

    /** Called once when a cursor is closed; releases the view. */
    void cursorClosed(RangeCursor cursor, ReadView view);
  }

  private final Owner owner;
  private final ReadView view;
  private final VisibleIterator entries;
  private final long readVersion;
  private final LeakTrace opened;
  private boolean hasCurrent;
  private boolean closed;

  /** Creates a cursor before its first entry; it takes over the caller's hold of the view. */
  public RangeCursor(
      Owner owner, ReadView view, VisibleIterator entries, long readVersion, LeakTrace opened) {
    this.owner = owner;
    this.view = view;
    this.entries = entries;
    this.readVersion = readVersion;
    this.opened = opened;
  }

  @Override
  public boolean next() {
    if (closed) {
      throw new EngineException(Failure.CLOSED, "the cursor is closed");
    }
    owner.requireOpen();
    hasCurrent = false;
    hasCurrent = entries.next();
    return hasCurrent;
  }

  private VisibleIterator current() {
    if (closed) {
      throw new EngineException(Failure.CLOSED, "the cursor is closed");
    }
    if (!hasCurrent) {
      throw new EngineException(
          Failure.INVALID_REQUEST, "the cursor has no current entry: next() did not return true");
    }
    return entries;
  }

  @Override
  public byte[] key() {
    return current().key();
  }

  @Override
  public int keyLength() {
    return current().keyLength();
  }

  @Override
  public MemorySegment valueSegment() {
    return current().valueSegment();
  }

  @Override
  public CurrentEntry.@Nullable LargeValues largeValues() {
    return current().largeValues();
  }

  @Override
  public long valueOffset() {
    return current().valueOffset();
  }

  @Override
  public int valueLength() {
    return current().valueLength();
  }

  @Override
  public long version() {
    return current().version();
  }

  @Override
  public long expiryMs() {
    return current().expiryMs();
  }

  @Override
  public long readVersion() {
    return readVersion;
  }

  /** Returns where the cursor was opened. */
  public LeakTrace opened() {
    return opened;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    entries.close();
    owner.cursorClosed(this, view);
  }
}
