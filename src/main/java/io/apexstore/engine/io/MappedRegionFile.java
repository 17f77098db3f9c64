package io.apexstore.engine.io;

import io.apexstore.engine.base.SafeLogger;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * A preallocated file that is mapped: {@link #write} copies into the page cache without a system
 * call.
 *
 * <p>The pages belong to the operating system, so the bytes survive this process once copied.
 * {@link #sync} is one {@code fdatasync} on a descriptor of the same file. On Linux it writes pages
 * dirtied through a mapping exactly as pages dirtied by {@code write}: the first store to a clean
 * page of a shared mapping faults, and the fault marks the page dirty in the file. POSIX requires
 * {@code msync} instead; on Linux that is the same call restricted to a range, and no faster (see
 * the decision about the mapped log).
 *
 * <p>A store to a page that the file system cannot back raises SIGBUS, which Java reports as an
 * {@link InternalError}. Therefore zeros are written when the file is created. Where they do not
 * help (copy-on-write file systems, a segment copied with holes), {@code write} throws the error as
 * an {@link IOException}.
 *
 * <p><b>Threads:</b> one thread writes; one may sync concurrently; {@link #close} only after both
 * have stopped. A concurrent close does not endanger memory, but the other calls then fail.
 */
final class MappedRegionFile implements RegionFile {
  /**
   * Zeros are written one page at a time. The kernel keeps the bytes of one call in one large
   * folio, and a store through a mapping then dirties all of it: with steps of 1 MiB, each sync of
   * one small record would write 1 MiB.
   */
  private static final int ALLOCATION_STEP_BYTES = 4 << 10;

  private static final Logger LOG = SafeLogger.of(MappedRegionFile.class);
  private static final long PAGE_BYTES = 4 << 10;
  private static final VarHandle WORD = ValueLayout.JAVA_INT.varHandle();

  private final HeldDirectory held;
  private final Path path;
  private final PositionalFile file;

  /** Owns the mapping; closed by {@link #close}. */
  private final Arena arena;

  private final MemorySegment bytes;

  private MappedRegionFile(
      HeldDirectory held, Path path, PositionalFile file, Arena arena, MemorySegment bytes) {
    this.held = held;
    this.path = path;
    this.file = file;
    this.arena = arena;
    this.bytes = bytes;
  }

  /**
   * Maps a whole file. Takes ownership of the file and closes it on failure.
   *
   * @param held the directory of the file
   */
  @SuppressWarnings("MustBeClosedChecker") // The returned file owns the arena.
  static MappedRegionFile map(HeldDirectory held, Path path, PositionalFile file)
      throws IOException {
    Arena arena = Arena.ofShared();
    try {
      MemorySegment bytes = mapUninterrupted(path, file.size(), arena);
      held.require(); // What was mapped by its path is in this directory.
      return new MappedRegionFile(held, path, file, arena, bytes);
    } catch (NoSuchFileException e) {
      arena.close();
      file.close();
      held.requireDirectory();
      throw e;
    } catch (IOException | RuntimeException e) {
      arena.close();
      file.close();
      throw e;
    }
  }

  /** Writes zeros, so that the file system allocates every byte. */
  static void allocate(PositionalFile file, long sizeBytes) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(ALLOCATION_STEP_BYTES, sizeBytes));
    for (long at = 0; at < sizeBytes; at += zeros.capacity()) {
      zeros.clear().limit((int) Math.min(zeros.capacity(), sizeBytes - at));
      file.write(at, zeros);
    }
  }

  /**
   * Maps the file through a temporary {@code FileChannel}; no other kind of channel can map. An
   * interrupt can close only this channel, which no other thread uses: the interrupt flag is saved,
   * and the call is repeated.
   */
  private static MemorySegment mapUninterrupted(Path path, long sizeBytes, Arena arena)
      throws IOException {
    Set<OpenOption> options =
        Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    boolean interrupted = false;
    try {
      while (true) {
        interrupted |= Thread.interrupted();
        try (FileChannel channel = FileChannel.open(path, options)) {
          return channel.map(MapMode.READ_WRITE, 0, sizeBytes, arena);
        } catch (ClosedByInterruptException e) {
          interrupted = true;
        } catch (IOException e) {
          throw PositionalFile.refused(path, "mapping", 0, e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public long size() {
    return bytes.byteSize();
  }

  @Override
  public void write(long offset, byte[] source, int sourceOffset, int length) throws IOException {
    held.requireLockRecently();
    try {
      MemorySegment.copy(source, sourceOffset, bytes, ValueLayout.JAVA_BYTE, offset, length);
    } catch (InternalError e) {
      throw new IOException(
          path + ": the file system cannot back " + length + " bytes at offset " + offset, e);
    } catch (IllegalStateException e) {
      throw new IOException(path + " is closed", e);
    }
  }

  /** Atomically stores to each page what it contains, so that no concurrent write is undone. */
  @Override
  @SuppressWarnings("ReturnValueIgnored") // Only the store matters.
  public void prefault(long from, long to) {
    try {
      long end = Math.min(to, bytes.byteSize());
      for (long at = from & -PAGE_BYTES; at < end; at += PAGE_BYTES) {
        WORD.getAndBitwiseOr(bytes, at, 0);
      }
    } catch (InternalError | IllegalStateException e) {
      // No disk block for the page, or closed meanwhile: a later write to the page reports it.
      LOG.log(Level.DEBUG, "{0}: prefaulting failed: {1}", path, e);
    }
  }

  @Override
  public void sync() throws IOException {
    file.sync();
    held.requireLock();
  }

  @Override
  public void close() throws IOException {
    if (arena.scope().isAlive()) {
      arena.close();
    }
    file.close();
  }
}
