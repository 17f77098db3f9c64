/**
 * What a reader pins while it reads, and how it is released without locks.
 *
 * <p>A {@link io.apexstore.engine.read.ReadView} is the set of memtables and tables of one keyspace
 * at one moment. A point read enters a {@link io.apexstore.engine.read.ReadEpochs} section, loads
 * the current view, reads, and leaves; it counts no reference. A {@link
 * io.apexstore.engine.read.RangeCursor} lives longer and holds its view by count. The thread that
 * replaces a view waits, on the closer's thread, until all sections that may see the old view have
 * ended, and then releases it. The last release frees memtables ({@link
 * io.apexstore.engine.read.MemTableHandle}) and closes tables.
 *
 * <p>An {@link io.apexstore.engine.read.EngineSnapshot} keeps a version readable; {@link
 * io.apexstore.engine.read.OpenSnapshots} knows all that are open and reports leaks with their
 * {@link io.apexstore.engine.read.LeakTrace}.
 */
@NullMarked
package io.apexstore.engine.read;

import org.jspecify.annotations.NullMarked;
