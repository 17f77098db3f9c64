/**
 * The seam between the engine and its files. The engine accesses files only through {@link
 * io.apexstore.engine.io.Storage}, which defines what a sync makes durable. {@link
 * io.apexstore.engine.io.FileStorage} is the real storage; tests have others that simulate power
 * cuts, failing disks and slow disks.
 *
 * <p>A storage opens three kinds of files: {@link io.apexstore.engine.io.AppendFile} for tables and
 * manifests, {@link io.apexstore.engine.io.RegionFile} for log segments, and {@link
 * io.apexstore.engine.io.ReadFile} for reading by position. {@link
 * io.apexstore.engine.io.PositionalFile} is the channel under all of them, which interrupts do not
 * affect; {@link io.apexstore.engine.io.MappedRegionFile} maps a log segment. {@link
 * io.apexstore.engine.io.DirectoryLock} restricts a directory to one open store, and {@link
 * io.apexstore.engine.io.HeldDirectory} notices that the directory or its lock file is no longer
 * the one that was opened. {@link io.apexstore.engine.io.SecretFile} reads and changes files of
 * secrets outside any store.
 *
 * <p>An operation that the system refused and that may be repeated fails with a {@link
 * io.apexstore.engine.io.RetryableIoException}, which on a full disk is a {@link
 * io.apexstore.engine.io.DiskFullException}. A failed sync is any other {@link
 * java.io.IOException}. Only types decide what the engine does next: the system's texts are in the
 * user's language.
 */
@NullMarked
package io.apexstore.engine.io;

import org.jspecify.annotations.NullMarked;
