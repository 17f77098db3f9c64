package io.apexstore.engine.io;

import io.apexstore.error.FileErrors;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.List;
import java.util.Set;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An open file that is read and written by position, and that an interrupted thread can use safely.
 *
 * <p>Interrupting one thread in a {@code FileChannel} closes the channel for all threads. An {@link
 * AsynchronousFileChannel} is not an {@code InterruptibleChannel}. With an executor that runs each
 * task immediately on the submitting thread, its operations are plain {@code pread}, {@code pwrite}
 * and {@code fsync} calls on the caller's thread. An interrupt does not affect them, and its flag
 * stays set.
 *
 * <p><b>Threads:</b> any, concurrently. <b>Invariants:</b> buffers are on the heap or direct, but
 * not over a confined arena (the channel rejects those).
 */
final class PositionalFile implements AutoCloseable {
  /**
   * Maximum bytes transferred in one call for a buffer on the heap: the JDK copies them through a
   * direct buffer of the same size, which it then caches for the thread.
   */
  private static final int HEAP_CHUNK_BYTES = 256 << 10;

  /**
   * With fewer free bytes than this in addition to those wanted, a refused operation counts as a
   * full disk: file systems keep some space for themselves.
   */
  private static final long FREE_BYTES_MIN = 1 << 20;

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
      throw refused(path, "opening", 0, e);
    }
  }

  /**
   * Fills the buffer from the offset up to the end of the file; returns the number of bytes read.
   */
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
    } catch (IOException e) {
      throw FileErrors.explained("reading at offset " + (offset + total) + " of", path, e);
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
          throw new IOException("the system wrote 0 bytes");
        }
      }
    } catch (IOException e) {
      int left = end - source.position();
      throw refused(path, "writing " + left + " of " + (end - begin) + " bytes to", left, e);
    } finally {
      source.limit(end);
    }
  }

  private static int chunkEnd(ByteBuffer buffer, int end) {
    int chunk = buffer.isDirect() ? Integer.MAX_VALUE : HEAP_CHUNK_BYTES;
    return buffer.position() + Math.min(end - buffer.position(), chunk);
  }

  /**
   * Syncs the length of the file and all bytes written through it or through a mapping: {@code
   * fdatasync} on Linux. A failure is never a {@link RetryableIoException}: unwritten bytes are
   * lost, and a later sync would not write them.
   */
  void sync() throws IOException {
    force(false);
  }

  /**
   * Syncs everything including metadata: {@code fsync} on Linux. Used for a directory, whose
   * entries may be metadata that {@code fdatasync} need not write.
   */
  void syncAll() throws IOException {
    force(true);
  }

  private void force(boolean metadata) throws IOException {
    try {
      channel.force(metadata);
    } catch (IOException e) {
      throw FileErrors.explained("syncing", path, e);
    }
  }

  long size() throws IOException {
    try {
      return channel.size();
    } catch (IOException e) {
      throw FileErrors.explained("asking for the size of", path, e);
    }
  }

  void truncate(long sizeBytes) throws IOException {
    channel.truncate(sizeBytes);
  }

  /**
   * Locks the file against other processes; returns null if one of them excludes that.
   *
   * @param shared whether others may hold a shared lock, too
   */
  @Nullable FileLock tryLock(boolean shared) throws IOException {
    try {
      return channel.tryLock(0, Long.MAX_VALUE, shared);
    } catch (IOException e) {
      throw FileErrors.explained("locking", path, e);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** Waits for a result uninterruptibly; a task that ran on this thread has one already. */
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

  /**
   * Returns the exception for an operation that the system refused: a {@link RetryableIoException},
   * or the given one if its type already says what callers need to know.
   *
   * <p>Java reports neither ENOSPC nor EMFILE but only the system's text, which is in the user's
   * language. So the text is for people, and the free space decides whether the disk is full. A
   * wrong decision does no harm, because either kind of operation may be repeated.
   *
   * @param bytes the bytes that could not be written
   */
  static IOException refused(Path path, String doing, long bytes, IOException e) {
    if (e instanceof RetryableIoException || e instanceof StorageLostException) {
      return e;
    }
    if (e instanceof NoSuchFileException || e instanceof FileAlreadyExistsException) {
      return FileErrors.explained(doing, path, e);
    }
    String message = FileErrors.message(doing, path, e);
    return hasRoom(path, bytes)
        ? new RetryableIoException(message, e)
        : new DiskFullException("disk full while " + message, e);
  }

  /** Returns whether the file system has space to spare, or its space is not known. */
  private static boolean hasRoom(Path path, long bytes) {
    // Needs no descriptor, unlike a look-up of the file store.
    File directory = path.toAbsolutePath().resolveSibling("").toFile();
    return directory.getTotalSpace() == 0 || directory.getUsableSpace() >= bytes + FREE_BYTES_MIN;
  }

  /** An executor that runs each task on the submitting thread. It has no threads to shut down. */
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
