package io.apexstore.bench.store;

import org.rocksdb.WriteBatch;

/** A handler of RocksDB's batches that counts puts; each has its key and value. */
final class ChangeCounter extends WriteBatch.Handler {
  /** The number of puts so far. */
  long count;

  @Override
  public void put(int columnFamilyId, byte[] key, byte[] value) {
    count++;
  }

  @Override
  public void put(byte[] key, byte[] value) {
    count++;
  }

  @Override
  public void merge(int columnFamilyId, byte[] key, byte[] value) {}

  @Override
  public void merge(byte[] key, byte[] value) {}

  @Override
  public void delete(int columnFamilyId, byte[] key) {}

  @Override
  public void delete(byte[] key) {}

  @Override
  public void singleDelete(int columnFamilyId, byte[] key) {}

  @Override
  public void singleDelete(byte[] key) {}

  @Override
  public void deleteRange(int columnFamilyId, byte[] beginKey, byte[] endKey) {}

  @Override
  public void deleteRange(byte[] beginKey, byte[] endKey) {}

  @Override
  public void logData(byte[] blob) {}

  @Override
  public void putBlobIndex(int columnFamilyId, byte[] key, byte[] value) {}

  @Override
  public void markBeginPrepare() {}

  @Override
  public void markEndPrepare(byte[] xid) {}

  @Override
  public void markNoop(boolean emptyBatch) {}

  @Override
  public void markRollback(byte[] xid) {}

  @Override
  public void markCommit(byte[] xid) {}

  @Override
  public void markCommitWithTimestamp(byte[] xid, byte[] timestamp) {}
}
