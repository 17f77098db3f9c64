package io.apexstore.engine.wal;

import java.io.IOException;

/** A consumer of the commits that are read from a log, in ascending order of versions. */
@FunctionalInterface
public interface CommitConsumer {
  /**
   * Called for each commit.
   *
   * @param version greater than that of the preceding commit
   * @param commitTimeMs ms since the epoch
   * @param bytes an array that contains the batch; reused after this method returns
   * @param offset index of the batch in the array
   * @param length length of the batch in bytes
   */
  void commit(long version, long commitTimeMs, byte[] bytes, int offset, int length)
      throws IOException;
}
