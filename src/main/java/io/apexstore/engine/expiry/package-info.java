/**
 * Sweepers: deletion of entries on the store's own behalf.
 *
 * <p>{@link io.apexstore.engine.expiry.ExpirySweeper} deletes expired entries, which it finds by
 * time in the {@link io.apexstore.engine.expiry.ExpiryIndex}. {@link
 * io.apexstore.engine.expiry.FifoSweeper} deletes the oldest entries of FIFO keyspaces that exceed
 * their limits. Both run on the skeleton of {@link io.apexstore.engine.expiry.Sweeper}: gather a
 * {@link io.apexstore.engine.expiry.SweepBatch}, commit it on the condition that nothing changed,
 * and go on or rest. {@link io.apexstore.engine.expiry.SweepPace} leaves most of the time to others
 * who commit.
 *
 * <p>Readers do not depend on sweepers: an expired entry is invisible from the moment it expires.
 * Sweeps reclaim space and report the expiry to change feeds.
 */
@NullMarked
package io.apexstore.engine.expiry;

import org.jspecify.annotations.NullMarked;
