package io.apexstore.engine.wal;

import java.io.IOException;

/** Takes the commits that are read from a log, in the order of their versions. */
@FunctionalInterface
public interface CommitConsumer {
  /**
   * Takes one commit.
   *
   * @param version greater than every one before
   * @param commitTimeMs ms since the epoch
   * @param bytes holds the batch; reused after this returns
   * @param offset where the batch begins
   * @param length bytes of the batch
   */
  void commit(long version, long commitTimeMs, byte[] bytes, int offset, int length)
      throws IOException;
}
