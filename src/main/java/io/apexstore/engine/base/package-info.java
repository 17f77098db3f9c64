/**
 * The engine's vocabulary. It does no input or output, and every other package of the engine may
 * use it.
 *
 * <ul>
 *   <li>{@link io.apexstore.engine.base.Keys} orders, abbreviates and hashes keys; {@link
 *       io.apexstore.engine.base.KeyText} prints them.
 *   <li>{@link io.apexstore.engine.base.ValueKind} is the kind of an entry: put, delete (tombstone)
 *       or range delete.
 *   <li>{@link io.apexstore.engine.base.Batch} holds the operations of one commit in the encoding
 *       of the log; {@link io.apexstore.engine.base.BatchReader} walks over them.
 *   <li>{@link io.apexstore.engine.base.Lookup} is one point read: the key and the read version go
 *       in, the entry comes out. Memtables and tables fill it.
 *   <li>{@link io.apexstore.engine.base.Limits} are the sizes that all layers agree on.
 *   <li>{@link io.apexstore.engine.base.KeyRangeSet} is a union of ranges of keys.
 *   <li>{@link io.apexstore.engine.base.Varints} encodes small numbers in few bytes.
 *   <li>{@link io.apexstore.engine.base.TimeSource} is the clock; tests replace it.
 *   <li>{@link io.apexstore.engine.base.EngineException} is the engine's one exception. Its failure
 *       says what the caller can do.
 * </ul>
 *
 * <p>A <em>version</em> is the number of a commit, strictly increasing over the whole store. A
 * reader at version v sees every commit up to v. A keyspace is an id here; its options live above.
 */
@NullMarked
package io.apexstore.engine.base;

import org.jspecify.annotations.NullMarked;
