package io.apexstore;

/**
 * A rule for which entries compactions keep; see {@link ApexStore.Builder#compactionFilter(String,
 * CompactionFilter)}.
 *
 * <p>It is asked about some entries at some time: the newest of a key among what is merged, if it
 * is no deletion, while no snapshot is open, and only of versions before {@link
 * io.apexstore.options.StoreOptions#historyRetention}. What it does not keep has no value any more
 * from then on, as if it had been deleted, but without a commit: no version is given, and feeds of
 * changes do not tell of it. A scan that is open goes on seeing it; a snapshot opened during the
 * merge, and a read of an older version, may not.
 *
 * <p><b>Threads:</b> any number at once, those that compact. It must be quick and must not use the
 * store. Where it throws, be it an {@link Error}, the entry is kept, and the first such failure is
 * logged; only a {@link VirtualMachineError} other than {@link StackOverflowError}, such as having
 * no memory left, fails the compaction, and writes with it until the store is opened anew.
 */
@FunctionalInterface
public interface CompactionFilter {
  /**
   * Whether an entry is to stay.
   *
   * @param key the key, a copy
   * @param value the value, a copy
   * @param version the version that wrote it
   */
  boolean keeps(byte[] key, byte[] value, long version);
}
