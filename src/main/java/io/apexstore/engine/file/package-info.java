/**
 * What all files of a store have in common.
 *
 * <p>{@link io.apexstore.engine.file.FileNames} builds and parses file names. {@link
 * io.apexstore.engine.file.FileType} lists the types of files with their magic. {@link
 * io.apexstore.engine.file.FileHeader} is the header with which each of them begins: magic, format
 * version, store, file id, and which data key encrypts the file. The rest of a file is described
 * where its format is: {@link io.apexstore.engine.sstable} for tables, {@link
 * io.apexstore.engine.wal} for log segments, {@link io.apexstore.engine.manifest} for the manifest,
 * and {@link io.apexstore.engine.encryption} for {@code KEYS}.
 */
@NullMarked
package io.apexstore.engine.file;

import org.jspecify.annotations.NullMarked;
