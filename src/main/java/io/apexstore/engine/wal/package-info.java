/**
 * The write-ahead log. {@link io.apexstore.engine.wal.CommitLog} is what the engine sees of it; the
 * log in files is one implementation.
 */
@NullMarked
package io.apexstore.engine.wal;

import org.jspecify.annotations.NullMarked;
