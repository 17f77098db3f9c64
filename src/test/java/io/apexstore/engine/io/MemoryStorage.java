package io.apexstore.engine.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A storage in memory that tracks what is synced. {@link #afterPowerCut} returns what a power cut
 * would leave. {@link #kill} ends the process that uses the storage, with all its open files and
 * locks, and keeps the written bytes as an operating system would.
 *
 * <p><b>Threads:</b> any; each operation runs under one lock.
 */
public class MemoryStorage implements Storage {
  private final SimulatedDisk disk;
  private final Set<String> locked = new HashSet<>();
  private long capacityBytes = 1L << 40;

  /** Incremented by a kill; files and locks of earlier generations are dead. */
  private int process;

  /** Creates an empty storage. */
  public MemoryStorage() {
    this(SimulatedDisk.of(Map.of()));
  }

  MemoryStorage(SimulatedDisk disk) {
    this.disk = disk;
  }

  /** Applies one operation, with the lock held; returns its index. */
  long step(DiskOp op) {
    disk.apply(op);
    return disk.steps() - 1;
  }

  SimulatedDisk disk() {
    return disk;
  }

  /** Returns the storage that a power cut would leave now. */
  public final synchronized MemoryStorage afterPowerCut(PowerCut policy, long seed) {
    return new MemoryStorage(DiskImage.of(disk, policy, seed));
  }

  /** Returns a storage with the same files, all of them durable. */
  public final synchronized MemoryStorage copy() {
    return new MemoryStorage(disk.settled());
  }

  /** Ends the process: its open files and locks are released, the written bytes stay. */
  public final synchronized void kill() {
    process++;
    locked.clear();
  }

  /** Sets the maximum total bytes of all files; past it the disk is full. */
  public final synchronized void setCapacityBytes(long capacityBytes) {
    this.capacityBytes = capacityBytes;
  }

  /** Returns the total bytes of all files. */
  public final synchronized long usedBytes() {
    return disk.usedBytes();
  }

  /** Returns the unsynced bytes of a file, each counted as often as it was written. */
  public final synchronized long unsyncedBytes(String name) throws IOException {
    return find(name).pending.stream().mapToLong(SimulatedDisk.PendingWrite::length).sum();
  }

  /** Returns whether every creation, renaming and deletion is durable. */
  public final synchronized boolean namesAreSynced() {
    return disk.pendingNames().isEmpty();
  }

  /** Returns the bytes of every file, by name. */
  public final synchronized Map<String, byte[]> contents() {
    Map<String, byte[]> contents = new TreeMap<>();
    disk.names().forEach((name, inode) -> contents.put(name, inode.current.toArray()));
    return contents;
  }

  /** Durably replaces a file's content; tests damage files with it. */
  public final synchronized void put(String name, byte[] content) throws IOException {
    if (disk.names().containsKey(name)) {
      delete(name);
    }
    try (AppendFile file = create(name)) {
      file.append(ByteBuffer.wrap(content));
      file.sync();
    }
    syncDirectory();
  }

  @Override
  public String describe() {
    return "memory";
  }

  @Override
  public final synchronized AppendFile create(String name) throws IOException {
    return new MemoryAppendFile(createInode(name));
  }

  @Override
  public final synchronized RegionFile createRegion(String name, long sizeBytes)
      throws IOException {
    checkAbsent(name);
    checkRoom(name, sizeBytes);
    SimulatedDisk.Inode inode = createInode(name);
    step(new DiskOp.Allocate(inode.id, sizeBytes));
    return new MemoryRegionFile(inode);
  }

  @Override
  public final synchronized RegionFile openRegion(String name) throws IOException {
    return new MemoryRegionFile(find(name));
  }

  @Override
  public final synchronized ReadFile open(String name) throws IOException {
    return new MemoryReadFile(find(name));
  }

  @Override
  public final synchronized List<String> list() {
    return new ArrayList<>(disk.names().keySet());
  }

  @Override
  public final synchronized void rename(String from, String to) throws IOException {
    find(from);
    checkName(to);
    step(new DiskOp.Rename(from, to));
  }

  @Override
  public final synchronized void delete(String name) throws IOException {
    find(name);
    step(new DiskOp.Delete(name));
  }

  @Override
  public final void syncDirectory() {
    long began;
    synchronized (this) {
      began = step(new DiskOp.DirectorySyncBegin());
    }
    synchronized (this) {
      step(new DiskOp.DirectorySyncEnd(began));
    }
  }

  @Override
  public final synchronized AutoCloseable lock(String name) throws IOException {
    if (!locked.add(name)) {
      throw new StorageLockedException("memory is in use by this process");
    }
    if (!disk.names().containsKey(name)) {
      createInode(name);
    }
    int lockedBy = process;
    return () -> {
      synchronized (this) {
        if (lockedBy == process) {
          locked.remove(name);
        }
      }
    };
  }

  @Override
  public final synchronized long usableBytes() {
    return Math.max(0, capacityBytes - disk.usedBytes());
  }

  @Override
  public void close() {}

  private SimulatedDisk.Inode createInode(String name) throws IOException {
    checkName(name);
    checkAbsent(name);
    int id = disk.freeInode();
    step(new DiskOp.Create(id, name));
    return disk.inode(id);
  }

  private void checkAbsent(String name) throws IOException {
    if (disk.names().containsKey(name)) {
      throw new FileAlreadyExistsException(name);
    }
  }

  private void checkRoom(String name, long moreBytes) throws IOException {
    if (moreBytes > capacityBytes - disk.usedBytes()) {
      throw new DiskFullException(
          "disk full while writing " + moreBytes + " bytes of " + name, null);
    }
  }

  private static void checkName(String name) {
    if (name.isEmpty() || name.equals(".") || name.equals("..") || name.contains("/")) {
      throw new IllegalArgumentException("not a plain file name: '" + name + "'");
    }
  }

  private SimulatedDisk.Inode find(String name) throws IOException {
    SimulatedDisk.@Nullable Inode inode = disk.names().get(name);
    if (inode == null) {
      throw new NoSuchFileException(name);
    }
    return inode;
  }

  /** An open file. */
  private abstract class OpenFile implements LossySync {
    final SimulatedDisk.Inode inode;
    private final int openedBy = process;
    private boolean closed;

    OpenFile(SimulatedDisk.Inode inode) {
      this.inode = inode;
    }

    final void checkOpen() throws IOException {
      if (closed) {
        throw new IOException("the file is closed");
      }
      if (openedBy != process) {
        throw new IOException("the process that opened the file has ended");
      }
    }

    final void write(long offset, byte[] bytes) throws IOException {
      checkOpen();
      step(new DiskOp.Write(inode.id, offset, bytes));
    }

    @Override
    public final void sync() throws IOException {
      endSync(beginSync(), true);
    }

    @Override
    public final void failSyncAndLosePages() throws IOException {
      endSync(beginSync(), false);
      throw new IOException("Input/output error");
    }

    private long beginSync() throws IOException {
      synchronized (MemoryStorage.this) {
        checkOpen();
        return step(new DiskOp.SyncBegin(inode.id));
      }
    }

    private void endSync(long began, boolean done) throws IOException {
      synchronized (MemoryStorage.this) {
        checkOpen();
        step(new DiskOp.SyncEnd(inode.id, began, done));
      }
    }

    @Override
    public final void close() {
      synchronized (MemoryStorage.this) {
        closed = true;
      }
    }
  }

  private final class MemoryAppendFile extends OpenFile implements AppendFile {
    MemoryAppendFile(SimulatedDisk.Inode inode) {
      super(inode);
    }

    @Override
    public void append(ByteBuffer source) throws IOException {
      synchronized (MemoryStorage.this) {
        checkOpen();
        checkRoom("a file", source.remaining());
        byte[] bytes = new byte[source.remaining()];
        source.get(bytes);
        write(inode.current.size(), bytes);
      }
    }

    @Override
    public long size() {
      synchronized (MemoryStorage.this) {
        return inode.current.size();
      }
    }
  }

  private final class MemoryRegionFile extends OpenFile implements RegionFile {
    MemoryRegionFile(SimulatedDisk.Inode inode) {
      super(inode);
    }

    @Override
    public void write(long offset, byte[] source, int sourceOffset, int length) throws IOException {
      synchronized (MemoryStorage.this) {
        if (offset < 0 || offset > inode.current.size() - length) {
          throw new IndexOutOfBoundsException(length + " bytes at " + offset);
        }
        byte[] bytes = new byte[length];
        System.arraycopy(source, sourceOffset, bytes, 0, length);
        write(offset, bytes);
      }
    }

    @Override
    public long size() {
      synchronized (MemoryStorage.this) {
        return inode.current.size();
      }
    }
  }

  private final class MemoryReadFile extends OpenFile implements ReadFile {
    private final long size;

    MemoryReadFile(SimulatedDisk.Inode inode) {
      super(inode);
      this.size = inode.current.size();
    }

    @Override
    public long size() {
      return size;
    }

    @Override
    public int read(long offset, ByteBuffer target) throws IOException {
      synchronized (MemoryStorage.this) {
        checkOpen();
        return inode.current.read(offset, target);
      }
    }
  }

  /** A file whose sync can fail as on Linux: reported once, the pages clean, the bytes lost. */
  interface LossySync extends AutoCloseable {
    /** Syncs earlier writes, except those that a failed sync has lost. */
    void sync() throws IOException;

    /** Fails. Unsynced bytes can still be read, but no later sync makes them durable. */
    void failSyncAndLosePages() throws IOException;

    @Override
    void close();
  }
}
