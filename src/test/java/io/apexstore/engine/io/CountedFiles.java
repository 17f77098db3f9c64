package io.apexstore.engine.io;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * Counts the files of a storage that are open for reading.
 *
 * <p><b>Threads:</b> any.
 */
public final class CountedFiles {
  private final Predicate<String> names;
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();
  private final AtomicInteger opens = new AtomicInteger();

  /** Counts the files with these names. */
  public CountedFiles(Predicate<String> names) {
    this.names = names;
  }

  /** Returns how many are open. */
  public int open() {
    return open.get();
  }

  /** Returns the most that were open at once. */
  public int most() {
    return most.get();
  }

  /** Returns how often one was opened. */
  public int opens() {
    return opens.get();
  }

  /** Returns the storage, with its files counted from now on. */
  public Storage counted(Storage storage) {
    return (Storage)
        Proxy.newProxyInstance(
            Storage.class.getClassLoader(),
            new Class<?>[] {Storage.class},
            (proxy, method, arguments) -> {
              try {
                Object result = method.invoke(storage, arguments);
                return result instanceof ReadFile file && names.test((String) arguments[0])
                    ? new Counted(file)
                    : result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private final class Counted implements ReadFile {
    private final ReadFile file;

    Counted(ReadFile file) {
      this.file = file;
      opens.incrementAndGet();
      most.accumulateAndGet(open.incrementAndGet(), Math::max);
    }

    @Override
    public long size() {
      return file.size();
    }

    @Override
    public int read(long offset, ByteBuffer target) throws IOException {
      return file.read(offset, target);
    }

    @Override
    public void close() throws IOException {
      file.close();
      open.decrementAndGet();
    }
  }
}
