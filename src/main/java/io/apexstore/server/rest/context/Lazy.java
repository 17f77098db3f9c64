package io.apexstore.server.rest.context;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Something that is made when it is first asked for, so that the start need not wait for it.
 *
 * <p><b>Threads:</b> any; made once.
 */
public final class Lazy<T> {
  private final Supplier<T> maker;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile @Nullable T made;

  public Lazy(Supplier<T> maker) {
    this.maker = maker;
  }

  public T get() {
    T known = made;
    if (known != null) {
      return known;
    }
    lock.lock();
    try {
      T now = made;
      if (now == null) {
        now = maker.get();
        made = now;
      }
      return now;
    } finally {
      lock.unlock();
    }
  }
}
