package io.apexstore.engine.io;

import io.apexstore.engine.io.SimulatedDisk.Inode;
import io.apexstore.engine.io.SimulatedDisk.PendingName;
import io.apexstore.engine.io.SimulatedDisk.PendingWrite;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * The disk that a power cut leaves: all durable bytes, and those of the others that the policy and
 * the seed select. The same disk, policy and seed give the same image byte for byte.
 *
 * <p>The model: a later write may survive without an earlier one, but an earlier one never
 * overwrites a later one. A file's new length may survive without its new bytes, and its new bytes
 * without its new length, which makes them invisible. A rename is atomic.
 */
final class DiskImage {
  private static final int SECTOR_BYTES = 512;
  private static final int PAGE_BYTES = 4096;

  private final SimulatedDisk disk;
  private final PowerCut policy;
  private final SplittableRandom random;

  /** The probability that an uncertain piece survives: few, half or nearly all of them. */
  private final double keep;

  /** The step up to which an in-order cut keeps everything. */
  private final long moment;

  private DiskImage(SimulatedDisk disk, PowerCut policy, long seed) {
    this.disk = disk;
    this.policy = policy;
    this.random = new SplittableRandom(seed);
    this.keep = new double[] {0.05, 0.5, 0.95}[random.nextInt(3)];
    this.moment = pickMoment();
  }

  /** Returns the disk after the power cut; the given disk is unchanged. */
  static SimulatedDisk of(SimulatedDisk disk, PowerCut policy, long seed) {
    return new DiskImage(disk, policy, seed).make();
  }

  private SimulatedDisk make() {
    Map<String, SparseBytes> files = new TreeMap<>();
    names().forEach((name, inode) -> files.put(name, content(inode)));
    return SimulatedDisk.of(files);
  }

  /** Returns a random uncertain step, or the step after all of them. */
  private long pickMoment() {
    List<Long> orders = new ArrayList<>();
    disk.pendingNames().forEach(change -> orders.add(change.order()));
    disk.names().values().forEach(i -> i.pending.forEach(write -> orders.add(write.order())));
    orders.sort(null);
    int at = random.nextInt(orders.size() + 1);
    return at == orders.size() ? disk.steps() : orders.get(at);
  }

  private Map<String, Inode> names() {
    Map<String, Inode> names = new TreeMap<>(disk.durableNames());
    for (PendingName change : disk.pendingNames()) {
      boolean kept =
          switch (policy.names) {
            case NONE -> false;
            case ALL -> true;
            case PREFIX -> change.order() < moment;
            case SUBSET -> random.nextDouble() < keep;
          };
      if (kept) {
        change.applyTo(names);
      }
    }
    return names;
  }

  private SparseBytes content(Inode inode) {
    SparseBytes image = inode.durable.copy();
    if (inode.pending.isEmpty() || policy.writes == PowerCut.Writes.NONE) {
      return image;
    }
    long certain = image.size();
    long size = size(inode);
    image.growTo(size);
    if (policy.fill == PowerCut.Fill.GARBAGE) {
      fillWithGarbage(image, certain, size);
    }
    for (PendingWrite write : inode.pending) {
      for (PendingWrite piece : pieces(write)) {
        if (survives(piece)) {
          piece.clip(0, size).applyTo(image);
        }
      }
    }
    return image;
  }

  /** Selects the length of the file after the cut. */
  private long size(Inode inode) {
    long certain = inode.durable.size();
    long full = inode.current.size();
    return switch (policy.writes) {
      case NONE -> certain;
      case ALL, LENGTH -> full;
      case PREFIX -> {
        long size = certain;
        for (PendingWrite write : inode.pending) {
          size = write.order() <= moment ? Math.max(size, write.end()) : size;
        }
        yield size;
      }
      case SUBSET ->
          switch (random.nextInt(4)) {
            case 0 -> certain;
            case 1 -> certain == full ? full : random.nextLong(certain, full);
            default -> full;
          };
    };
  }

  private boolean survives(PendingWrite piece) {
    if (policy.writes == PowerCut.Writes.LENGTH) {
      return false;
    }
    if (piece.lost() || policy.writes == PowerCut.Writes.SUBSET) {
      return random.nextDouble() < keep;
    }
    return policy.writes == PowerCut.Writes.ALL
        || piece.order() < moment
        || (piece.order() == moment && random.nextBoolean());
  }

  private List<PendingWrite> pieces(PendingWrite write) {
    return switch (policy.grain) {
      case WHOLE -> List.of(write);
      case SECTOR -> aligned(write, SECTOR_BYTES);
      case PAGE -> aligned(write, PAGE_BYTES);
      case BYTE -> cutAnywhere(write);
    };
  }

  private static List<PendingWrite> aligned(PendingWrite write, int grainBytes) {
    if (write.length() > 4096L * grainBytes) {
      return aligned(
          write, grainBytes * 16); // A preallocation, which would have millions of pieces.
    }
    List<PendingWrite> pieces = new ArrayList<>();
    for (long at = write.offset() / grainBytes * grainBytes; at < write.end(); at += grainBytes) {
      pieces.add(write.clip(at, at + grainBytes));
    }
    return pieces;
  }

  private List<PendingWrite> cutAnywhere(PendingWrite write) {
    List<PendingWrite> pieces = new ArrayList<>();
    long at = write.offset();
    for (int cuts = random.nextInt(1, 4); cuts > 0 && at + 1 < write.end(); cuts--) {
      long to = random.nextLong(at + 1, write.end());
      pieces.add(write.clip(at, to));
      at = to;
    }
    pieces.add(write.clip(at, write.end()));
    return pieces;
  }

  /** Fills blocks that were never written with random bytes or with the bytes of another file. */
  private void fillWithGarbage(SparseBytes image, long from, long to) {
    byte[] garbage = new byte[Math.toIntExact(to - from)];
    List<Inode> others = new ArrayList<>(disk.durableNames().values());
    if (others.isEmpty() || random.nextBoolean()) {
      random.nextBytes(garbage);
    } else {
      SparseBytes other = others.get(random.nextInt(others.size())).durable;
      for (int i = 0; i < garbage.length; i++) {
        garbage[i] = other.byteAt(from + i);
      }
    }
    image.write(from, garbage, 0, garbage.length);
  }
}
