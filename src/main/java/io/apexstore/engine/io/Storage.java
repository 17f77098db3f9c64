package io.apexstore.engine.io;

import java.io.IOException;
import java.util.List;

/**
 * The files of one store: a flat directory of named files.
 *
 * <p>A change is certain to survive a power cut only after a sync: a file's bytes and length after
 * {@code sync} of that file, its name (created, renamed, deleted) after {@link #syncDirectory()}.
 * Before the sync, any subset of the changes may be lost.
 *
 * <p>A failed sync must never be repeated on the same file: the next one may succeed although the
 * bytes never reached the disk.
 *
 * <p><b>Threads:</b> any, including interrupted ones: an interrupt neither fails a call nor closes
 * a file.
 */
public interface Storage extends AutoCloseable {
  /** Returns the location of the files, for messages. */
  String describe();

  /**
   * Creates a file for appending.
   *
   * @throws RetryableIoException if it cannot be created for a reason that may pass
   * @throws java.nio.file.FileAlreadyExistsException if a file with that name exists
   */
  AppendFile create(String name) throws IOException;

  /**
   * Creates a file of a fixed size for writing at any offset. Its bytes are allocated on disk and
   * zero. Size, zeros and name become durable only with a sync.
   *
   * @throws DiskFullException if the bytes cannot be allocated; the file does not exist then
   * @throws RetryableIoException if it cannot be created for another reason that may pass; it does
   *     not exist then
   */
  RegionFile createRegion(String name, long sizeBytes) throws IOException;

  /**
   * Opens a file created by {@link #createRegion} for writing at any offset; its size is fixed.
   *
   * @throws RetryableIoException if it cannot be opened for a reason that may pass
   */
  RegionFile openRegion(String name) throws IOException;

  /**
   * Opens a file for reading.
   *
   * @throws java.nio.file.NoSuchFileException if it does not exist
   * @throws RetryableIoException if it cannot be opened for a reason that may pass
   */
  ReadFile open(String name) throws IOException;

  /** Returns the names of all files, in no particular order. */
  List<String> list() throws IOException;

  /** Renames a file atomically, replacing any file with the new name. */
  void rename(String from, String to) throws IOException;

  /** Deletes a file. */
  void delete(String name) throws IOException;

  /** Syncs the directory: all earlier creations, renames and deletions are durable afterwards. */
  void syncDirectory() throws IOException;

  /**
   * Takes the lock that excludes all other processes and all other open stores of this process.
   * Closing the result releases the lock.
   *
   * @throws StorageLockedException if the lock is held; the message names the holder
   */
  AutoCloseable lock(String name) throws IOException;

  /** Returns the free bytes of the file system. */
  long usableBytes() throws IOException;

  /** Releases the storage's own resources. Open files must be closed separately. */
  @Override
  void close() throws IOException;
}
