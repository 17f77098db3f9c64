package io.apexstore.engine.read;

import io.apexstore.engine.LsmEngine;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.iterator.VisibleIterator;
import java.lang.foreign.MemorySegment;

/**
 * The engine's cursor: visible entries of a range as of one version, over a view that it holds.
 *
 * <p><b>Threads:</b> confined to one at a time. <b>Invariants:</b> the view is held from before the
 * first step until {@link #close}, so what a step lends stays where it is, also when the store
 * closes.
 */
public final class RangeCursor implements EngineCursor {
  private final LsmEngine engine;
  private final ReadView view;
  private final VisibleIterator entries;
  private final long readVersion;
  private final LeakTrace opened;
  private boolean hasCurrent;
  private boolean closed;

  public RangeCursor(
      LsmEngine engine,
      ReadView view,
      VisibleIterator entries,
      long readVersion,
      LeakTrace opened) {
    this.engine = engine;
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
    engine.requireOpen();
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
    engine.cursorClosed(this, view);
  }
}
