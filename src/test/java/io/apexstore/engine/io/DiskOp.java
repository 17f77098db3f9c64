package io.apexstore.engine.io;

/**
 * One operation on a simulated disk. A file is identified by its inode, because its name may
 * change.
 *
 * <p>A sync has two steps: it covers the operations before its begin, and takes effect at its end.
 */
sealed interface DiskOp {
  /** A new, empty file. */
  record Create(int inode, String name) implements DiskOp {}

  /** Zeros were written from the start of the file to a length. */
  record Allocate(int inode, long sizeBytes) implements DiskOp {}

  /** Bytes were written; the array is never modified afterwards. */
  record Write(int inode, long offset, byte[] bytes) implements DiskOp {}

  /** A sync of a file began. */
  record SyncBegin(int inode) implements DiskOp {}

  /**
   * A sync of a file ended.
   *
   * @param began index of its {@link SyncBegin}
   * @param done false if it failed: no later sync writes the bytes that it covered
   */
  record SyncEnd(int inode, long began, boolean done) implements DiskOp {}

  /** A file was renamed, replacing any file with the new name. */
  record Rename(String from, String to) implements DiskOp {}

  /** A name was removed. */
  record Delete(String name) implements DiskOp {}

  /** A sync of the directory began. */
  record DirectorySyncBegin() implements DiskOp {}

  /**
   * A sync of the directory ended.
   *
   * @param began index of its {@link DirectorySyncBegin}
   */
  record DirectorySyncEnd(long began) implements DiskOp {}

  /** A mark of the workload in the sequence of steps. */
  record Mark(String kind, long token) implements DiskOp {}
}
