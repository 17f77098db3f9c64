package io.apexstore.engine.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileLock;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An open file, read and written by position, that an interrupted thread can use without harm.
 *
 * <p>A {@code FileChannel} is closed, for every thread, when one thread in it is interrupted. An
 * {@link AsynchronousFileChannel} is not an {@code InterruptibleChannel}; given an executor that
 * runs each task at once on the thread that hands it over, its operations are plain {@code pread},
 * {@code pwrite} and {@code fsync} calls on the caller's thread. An interrupt passes them by and
 * its flag stays set.
 *
 * <p><b>Threads:</b> any number at once. <b>Invariants:</b> buffers may be on the heap or direct,
 * but not over a confined arena (the channel refuses those).
 */
final class PositionalFile implements AutoCloseable {
  /**
   * The most bytes moved in one call for a buffer on the heap: the JDK copies those through a
   * direct buffer of the same size that it then keeps for the thread.
   */
  private static final int HEAP_CHUNK_BYTES = 256 << 10;

  private static final ExecutorService CALLER_RUNS = new CallerRuns();

  private final Path path;
  private final AsynchronousFileChannel channel;

  private PositionalFile(Path path, AsynchronousFileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  static PositionalFile open(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    try {
      return new PositionalFile(
          path, AsynchronousFileChannel.open(path, options, CALLER_RUNS, attributes));
    } catch (IOException e) {
      throw asDiskFull(path, "creating the file", e);
    }
  }

  /** Fills the buffer from the offset, as far as the file reaches. */
  int read(long offset, ByteBuffer target) throws IOException {
    int end = target.limit();
    int total = 0;
    try {
      while (target.position() < end) {
        target.limit(chunkEnd(target, end));
        int n = await(channel.read(target, offset + total));
        if (n < 0) {
          break;
        }
        total += n;
      }
    } finally {
      target.limit(end);
    }
    return total;
  }

  /** Writes all of the buffer at the offset. */
  void write(long offset, ByteBuffer source) throws IOException {
    int end = source.limit();
    int begin = source.position();
    try {
      while (source.position() < end) {
        source.limit(chunkEnd(source, end));
        int n = await(channel.write(source, offset + source.position() - begin));
        if (n <= 0) {
          throw new IOException(path + ": wrote nothing at offset " + (offset - begin));
        }
      }
    } catch (IOException e) {
      throw asDiskFull(path, "writing " + (end - begin) + " bytes at offset " + offset, e);
    } finally {
      source.limit(end);
    }
  }

  private static int chunkEnd(ByteBuffer buffer, int end) {
    int chunk = buffer.isDirect() ? Integer.MAX_VALUE : HEAP_CHUNK_BYTES;
    return buffer.position() + Math.min(end - buffer.position(), chunk);
  }

  /**
   * Makes the bytes written, through this file or a mapping, and the length durable: {@code
   * fdatasync} on Linux. A failure is never a {@link DiskFullException}: what was not written is
   * lost, and a later sync would not bring it back.
   */
  void sync() throws IOException {
    channel.force(false);
  }

  /**
   * Makes everything durable, {@code fsync} on Linux: for a directory, whose entries a file system
   * may count as metadata that {@code fdatasync} need not write.
   */
  void syncAll() throws IOException {
    channel.force(true);
  }

  long size() throws IOException {
    return channel.size();
  }

  void truncate(long sizeBytes) throws IOException {
    channel.truncate(sizeBytes);
  }

  @Nullable FileLock tryLock() throws IOException {
    return channel.tryLock();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** Waits without heeding interrupts; where the task has run on this thread there is no wait. */
  private static int await(Future<Integer> result) throws IOException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return result.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Returns the failure as a {@link DiskFullException} if that is what it says, else as it is. */
  static IOException asDiskFull(Path path, String doing, IOException e) {
    if (e instanceof DiskFullException) {
      return e;
    }
    String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
    boolean full =
        message.contains("no space left")
            || message.contains("quota exceeded")
            || message.contains("not enough space");
    return full
        ? new DiskFullException(
            "disk full while " + doing + " of " + path + ": " + e.getMessage(), e)
        : e;
  }

  /** Runs each task where it is handed over. It has no threads, so it is never shut down. */
  private static final class CallerRuns extends AbstractExecutorService {
    @Override
    public void execute(Runnable task) {
      task.run();
    }

    @Override
    public void shutdown() {}

    @Override
    public List<Runnable> shutdownNow() {
      return List.of();
    }

    @Override
    public boolean isShutdown() {
      return false;
    }

    @Override
    public boolean isTerminated() {
      return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return false;
    }
  }
}
