package io.apexstore;

/**
 * A rule that decides which entries compactions keep; see {@link
 * ApexStore.Builder#compactionFilter(String, CompactionFilter)}.
 *
 * <p>Compactions call it for some entries at some time: for the newest merged entry of a key, if it
 * is not a deletion, while no snapshot is open, and only for versions older than {@link
 * io.apexstore.options.StoreOptions#historyRetention}. An entry that it rejects has no value from
 * then on, as if it had been deleted, but without a commit: no version is assigned, and feeds of
 * changes do not report it. An open cursor still sees it; a snapshot opened during the compaction,
 * and a read of an older version, may not.
 *
 * <p><b>Threads:</b> the threads that compact, several at a time. It must be quick and must not use
 * the store. If it throws, even an {@link Error}, the entry is kept, and the first such failure is
 * logged. Only a {@link VirtualMachineError} other than {@link StackOverflowError}, such as running
 * out of memory, fails the compaction; writes then fail until the store is opened again.
 */
@FunctionalInterface
public interface CompactionFilter {
  /**
   * Whether to keep an entry.
   *
   * @param key the key, a copy
   * @param value the value, a copy
   * @param version the version that wrote it
   */
  boolean keeps(byte[] key, byte[] value, long version);
}
