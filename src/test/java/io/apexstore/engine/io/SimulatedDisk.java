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
 * A disk and its page cache: what a running process sees, what certainly survives a power cut, and,
 * in the order of the operations, what may or may not survive.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class SimulatedDisk {
  /** The content of a file, independent of its name. */
  static final class Inode {
    final int id;

    /** What a running process reads. */
    final SparseBytes current;

    /** What every power cut leaves. */
    final SparseBytes durable;

    /** Writes since then, in order, and those that a failed sync has lost. */
    final List<PendingWrite> pending = new ArrayList<>();

    Inode(int id, SparseBytes content) {
      this.id = id;
      this.current = content.copy();
      this.durable = content;
    }
  }

  /**
   * Bytes that may not be on the disk.
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

    /** Returns the part within a range, which may be empty. */
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

  /** A change of names that may not be on the disk. */
  record PendingName(long order, @Nullable String removed, @Nullable String added, Inode inode) {
    /** Applies the change to names; earlier changes may be missing. */
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

  /** Creates a disk with durable files; takes ownership of their contents. */
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

  /** Returns a copy of this disk on which everything is durable. */
  SimulatedDisk settled() {
    Map<String, SparseBytes> files = new TreeMap<>();
    names.forEach((name, inode) -> files.put(name, inode.current.copy()));
    return of(files);
  }

  /** Returns the number of operations so far. */
  long steps() {
    return steps;
  }

  /** Returns the inode of the next file. */
  int freeInode() {
    return nextInode;
  }

  /** Returns the names that a running process sees. */
  Map<String, Inode> names() {
    return names;
  }

  /** Returns the names that every power cut leaves. */
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

  /** Applies one operation. */
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

  /** Syncs writes before a step, except those that an earlier failed sync has lost. */
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

  /** Removes from older, lost writes the ranges that a newer durable write has overwritten. */
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
