package io.apexstore.engine.io;

/**
 * One step in the life of a simulated disk. A file is named by its inode, since its name may
 * change.
 *
 * <p>A sync is two steps: it covers what was done before it began and holds from where it ended.
 */
sealed interface DiskOp {
  /** A new, empty file. */
  record Create(int inode, String name) implements DiskOp {}

  /** Zeros written from the start of the file to a length. */
  record Allocate(int inode, long sizeBytes) implements DiskOp {}

  /** Bytes written; nobody changes the array afterwards. */
  record Write(int inode, long offset, byte[] bytes) implements DiskOp {}

  /** A sync of a file began. */
  record SyncBegin(int inode) implements DiskOp {}

  /**
   * A sync of a file ended.
   *
   * @param began index of its {@link SyncBegin}
   * @param done false if it failed: the bytes it was to cover are then never written by a later one
   */
  record SyncEnd(int inode, long began, boolean done) implements DiskOp {}

  /** A file got another name, from which it drove the file that had it. */
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

  /** Something that the workload wants to find at its place among the steps. */
  record Mark(String kind, long token) implements DiskOp {}
}
