package io.apexstore.engine.io;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A disk and the page cache above it: what a running process sees, what is certain to be there
 * after a power cut, and in between, in the order it was done, what may or may not be.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class SimulatedDisk {
  /** The content of a file, whatever its name. */
  static final class Inode {
    final int id;

    /** What a running process reads. */
    final SparseBytes current;

    /** What a power cut leaves in any case. */
    final SparseBytes durable;

    /** What was written since, in order, and what a failed sync has put at risk for good. */
    final List<PendingWrite> pending = new ArrayList<>();

    Inode(int id, SparseBytes content) {
      this.id = id;
      this.current = content.copy();
      this.durable = content;
    }
  }

  /**
   * Bytes that are not known to be on the disk.
   *
   * @param order index of the step that wrote them
   * @param bytes null for zeros
   * @param lost whether a sync that covered them failed: no later sync makes them durable
   */
  record PendingWrite(
      long order,
      long offset,
      byte @Nullable [] bytes,
      int bytesOffset,
      long length,
      boolean lost) {
    long end() {
      return offset + length;
    }

    PendingWrite asLost() {
      return new PendingWrite(order, offset, bytes, bytesOffset, length, true);
    }

    /** Returns the part within a range; empty ones have no length. */
    PendingWrite clip(long from, long to) {
      long begin = Math.max(offset, from);
      long end = Math.max(begin, Math.min(end(), to));
      int moved = bytes == null ? 0 : (int) (begin - offset);
      return new PendingWrite(order, begin, bytes, bytesOffset + moved, end - begin, lost);
    }

    void applyTo(SparseBytes target) {
      if (bytes == null) {
        target.zero(offset, length);
      } else {
        target.write(offset, bytes, bytesOffset, (int) length);
      }
    }
  }

  /** A change of names that is not known to be on the disk. */
  record PendingName(long order, @Nullable String removed, @Nullable String added, Inode inode) {
    /** Applies it to names among which earlier changes may be missing. */
    void applyTo(Map<String, Inode> names) {
      if (added != null) {
        names.values().removeIf(other -> other == inode); // A file never has two names.
        names.put(added, inode);
      } else if (names.get(removed) == inode) {
        names.remove(removed);
      }
    }
  }

  private final Map<Integer, Inode> inodes = new HashMap<>();
  private final Map<String, Inode> names = new TreeMap<>();
  private final Map<String, Inode> durableNames = new TreeMap<>();
  private final List<PendingName> pendingNames = new ArrayList<>();
  private long steps;
  private int nextInode;

  /** Makes a disk that holds files, durably; takes their contents over. */
  static SimulatedDisk of(Map<String, SparseBytes> files) {
    SimulatedDisk disk = new SimulatedDisk();
    files.forEach(
        (name, content) -> {
          Inode inode = new Inode(disk.nextInode++, content);
          disk.inodes.put(inode.id, inode);
          disk.names.put(name, inode);
        });
    disk.durableNames.putAll(disk.names);
    return disk;
  }

  /** Returns a disk on which everything that this one has now is durable. */
  SimulatedDisk settled() {
    Map<String, SparseBytes> files = new TreeMap<>();
    names.forEach((name, inode) -> files.put(name, inode.current.copy()));
    return of(files);
  }

  /** Returns how many steps were taken. */
  long steps() {
    return steps;
  }

  /** Returns a number for the next file. */
  int freeInode() {
    return nextInode;
  }

  /** Returns the names that a running process sees. */
  Map<String, Inode> names() {
    return names;
  }

  /** Returns the names that a power cut leaves in any case. */
  Map<String, Inode> durableNames() {
    return durableNames;
  }

  List<PendingName> pendingNames() {
    return pendingNames;
  }

  Inode inode(int id) {
    return Objects.requireNonNull(inodes.get(id), () -> "no inode " + id);
  }

  long usedBytes() {
    return names.values().stream().mapToLong(inode -> inode.current.size()).sum();
  }

  /** Takes one step. */
  void apply(DiskOp op) {
    long order = steps++;
    switch (op) {
      case DiskOp.Create create -> create(order, create);
      case DiskOp.Allocate allocate ->
          write(
              inode(allocate.inode()),
              new PendingWrite(order, 0, null, 0, allocate.sizeBytes(), false));
      case DiskOp.Write write -> {
        byte[] bytes = write.bytes();
        write(
            inode(write.inode()),
            new PendingWrite(order, write.offset(), bytes, 0, bytes.length, false));
      }
      case DiskOp.SyncEnd sync -> {
        if (sync.done()) {
          settle(inode(sync.inode()), sync.began());
        } else {
          lose(inode(sync.inode()), sync.began());
        }
      }
      case DiskOp.Rename rename -> rename(order, rename);
      case DiskOp.Delete delete -> {
        Inode inode = Objects.requireNonNull(names.remove(delete.name()), delete.name());
        pendingNames.add(new PendingName(order, delete.name(), null, inode));
      }
      case DiskOp.DirectorySyncEnd sync -> settleNames(sync.began());
      case DiskOp.SyncBegin ignored -> {}
      case DiskOp.DirectorySyncBegin ignored -> {}
      case DiskOp.Mark ignored -> {}
    }
  }

  private void create(long order, DiskOp.Create create) {
    Inode inode = new Inode(create.inode(), new SparseBytes());
    nextInode = Math.max(nextInode, create.inode() + 1);
    inodes.put(inode.id, inode);
    names.put(create.name(), inode);
    pendingNames.add(new PendingName(order, null, create.name(), inode));
  }

  private void rename(long order, DiskOp.Rename rename) {
    Inode inode = Objects.requireNonNull(names.remove(rename.from()), rename.from());
    names.put(rename.to(), inode);
    pendingNames.add(new PendingName(order, rename.from(), rename.to(), inode));
  }

  private static void write(Inode inode, PendingWrite write) {
    write.applyTo(inode.current);
    inode.pending.add(write);
  }

  /** Makes durable what was written before a step, but for what an earlier failed sync has lost. */
  private static void settle(Inode inode, long began) {
    List<PendingWrite> left = new ArrayList<>();
    for (PendingWrite write : inode.pending) {
      if (write.lost() || write.order() >= began) {
        left.add(write);
      } else {
        write.applyTo(inode.durable);
        left = without(left, write);
      }
    }
    inode.pending.clear();
    inode.pending.addAll(left);
  }

  /** Takes out of older writes, all lost ones, what a newer one that is durable has overwritten. */
  private static List<PendingWrite> without(List<PendingWrite> older, PendingWrite newer) {
    List<PendingWrite> left = new ArrayList<>();
    for (PendingWrite write : older) {
      PendingWrite before = write.clip(0, newer.offset());
      PendingWrite after = write.clip(newer.end(), Long.MAX_VALUE);
      if (before.length() > 0) {
        left.add(before);
      }
      if (after.length() > 0) {
        left.add(after);
      }
    }
    return left;
  }

  private static void lose(Inode inode, long began) {
    inode.pending.replaceAll(write -> write.order() < began ? write.asLost() : write);
  }

  private void settleNames(long began) {
    Iterator<PendingName> changes = pendingNames.iterator();
    while (changes.hasNext()) {
      PendingName change = changes.next();
      if (change.order() < began) {
        change.applyTo(durableNames);
        changes.remove();
      }
    }
  }
}
