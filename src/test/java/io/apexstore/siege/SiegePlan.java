package io.apexstore.siege;

import java.time.Duration;

/**
 * What a siege consists of.
 *
 * @param seed the seed of all random choices; each attacker has a sequence of its own from it
 * @param duration how long the attack lasts, without the start, the stop and the check after it
 * @param heapMib the server's heap, in MiB
 * @param openFiles the limit of the server's file descriptors, or 0 for that of this process
 * @param diskMib the size of a disk of its own that is filled and emptied, in MiB, or 0 for none
 * @param attackers attackers at once
 * @param feeds change feeds that are held open and never read
 * @param valueBytesMax the largest value that is stored, in bytes
 */
record SiegePlan(
    long seed,
    Duration duration,
    int heapMib,
    int openFiles,
    int diskMib,
    int attackers,
    int feeds,
    int valueBytesMax) {

  /** Returns the plan that system properties named {@code siege.…} describe. */
  static SiegePlan ofProperties() {
    return new SiegePlan(
        Long.getLong("seed", 1),
        Duration.ofSeconds(Integer.getInteger("siege.seconds", 15)),
        Integer.getInteger("siege.heap", 160),
        Integer.getInteger("siege.files", 0),
        Integer.getInteger("siege.disk", 0),
        Integer.getInteger("siege.attackers", 40),
        Integer.getInteger("siege.feeds", 500),
        Integer.getInteger("siege.value", 50 << 20));
  }

  @Override
  public String toString() {
    return "seed %d, %d s, heap %d MiB, open files %s, disk %s, %d attackers, %d feeds"
        .formatted(
            seed,
            duration.toSeconds(),
            heapMib,
            openFiles == 0 ? "not limited" : openFiles,
            diskMib == 0 ? "not limited" : diskMib + " MiB",
            attackers,
            feeds);
  }
}
