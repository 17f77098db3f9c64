package io.apexstore.engine.io;

import java.io.IOException;
import java.util.List;

/**
 * The files of one store: a flat directory of named files.
 *
 * <p>What a call changed is certain to outlive a power cut only after the sync that covers it: a
 * file's bytes and length after {@code sync} of that file, its name (created, renamed, deleted)
 * after {@link #syncDirectory()}. Before that, any subset of it may be lost.
 *
 * <p>A sync that failed must never be repeated on the same file: the next one may succeed although
 * the bytes never reached the disk.
 *
 * <p><b>Threads:</b> any, also interrupted ones: an interrupt neither fails a call nor closes a
 * file.
 */
public interface Storage extends AutoCloseable {
  /** Says where the files are, for messages. */
  String describe();

  /**
   * Creates a file to be written from its start to its end, then read.
   *
   * @throws java.nio.file.FileAlreadyExistsException if there is one of that name
   */
  AppendFile create(String name) throws IOException;

  /**
   * Creates a file of a fixed size whose bytes are allocated on disk (and zero), for writing at any
   * offset. Its size and zeros, like its name, need a sync to be durable.
   *
   * @throws DiskFullException if the bytes cannot be allocated; nothing of the file is left then
   */
  RegionFile createRegion(String name, long sizeBytes) throws IOException;

  /** Opens a file made by {@link #createRegion} for writing at any offset; its size stays. */
  RegionFile openRegion(String name) throws IOException;

  /**
   * Opens a file for reading.
   *
   * @throws java.nio.file.NoSuchFileException if there is none
   */
  ReadFile open(String name) throws IOException;

  /** Returns the names of all files, in no particular order. */
  List<String> list() throws IOException;

  /** Gives a file another name, replacing the file that has it, in one step. */
  void rename(String from, String to) throws IOException;

  /** Deletes a file. */
  void delete(String name) throws IOException;

  /** Makes creations, renames and deletions so far durable. */
  void syncDirectory() throws IOException;

  /**
   * Takes the lock that keeps every other process, and every other open store of this one, out.
   * Closing the result releases it.
   *
   * @throws StorageLockedException if it is held; the message says by whom
   */
  AutoCloseable lock(String name) throws IOException;

  /** Returns how many bytes the file system can still take. */
  long usableBytes() throws IOException;

  /** Releases what the storage itself holds; files are closed by whoever opened them. */
  @Override
  void close() throws IOException;
}
