/**
 * The embedded API.
 *
 * <p>{@link io.apexstore.ApexStore#open(java.nio.file.Path)} opens a store; everything else starts
 * there. A store has {@link io.apexstore.Keyspace}s, each a sorted map from keys to values:
 *
 * <ul>
 *   <li><b>Reads:</b> {@link io.apexstore.Keyspace#get} and {@link io.apexstore.Keyspace#scan} read
 *       the newest version, a {@link io.apexstore.Snapshot} an older one. A scan returns a {@link
 *       io.apexstore.Cursor} over a {@link io.apexstore.KeyRange}.
 *   <li><b>Writes:</b> single puts and deletes, or a {@link io.apexstore.WriteBatch}, which is
 *       atomic over keyspaces and may have conditions and merges ({@link
 *       io.apexstore.MergeOperator}). Each commit gets a version, which increases.
 *   <li><b>Read and write:</b> {@link io.apexstore.Keyspace#update} for one key, {@link
 *       io.apexstore.ApexStore#transact} with a {@link io.apexstore.Transaction} for several. Both
 *       are optimistic: they run again if another writer overtook them.
 *   <li><b>Changes:</b> a {@link io.apexstore.ChangeFeed} delivers each durable {@link
 *       io.apexstore.Change} in the order of the commits, also after a restart.
 * </ul>
 *
 * <p>Options are in {@link io.apexstore.options}, statistics in {@link io.apexstore.stats},
 * failures in {@link io.apexstore.error}. The classes here check arguments, translate failures
 * ({@link io.apexstore.Failures}) and delegate to {@link io.apexstore.engine.LsmEngine}; no public
 * signature names a type of the engine. {@link io.apexstore.Updates}, {@link io.apexstore.Merges}
 * and {@link io.apexstore.Transaction} build their writes here, and the engine retries them, see
 * {@link io.apexstore.engine.commit}.
 */
@NullMarked
package io.apexstore;

import org.jspecify.annotations.NullMarked;
