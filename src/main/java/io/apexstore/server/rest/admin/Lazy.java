package io.apexstore.server.rest.admin;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An object that is created on first use, so that the server's start does not wait for it.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> the object is created once.
 */
public final class Lazy<T> {
  private final Supplier<T> factory;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile @Nullable T created;

  /** Creates a holder of an object that does not exist yet. */
  Lazy(Supplier<T> factory) {
    this.factory = factory;
  }

  /** Returns the object. */
  T get() {
    T known = created;
    if (known != null) {
      return known;
    }
    lock.lock();
    try {
      T object = created;
      if (object == null) {
        object = factory.get();
        created = object;
      }
      return object;
    } finally {
      lock.unlock();
    }
  }
}
