/**
 * The block cache: verified, decompressed blocks in memory outside the heap, bounded by a budget.
 * It knows no files; a block is an owner's number and bytes.
 *
 * <ul>
 *   <li>{@link io.apexstore.engine.cache.BlockCache} inserts and evicts blocks, under one lock.
 *   <li>{@link io.apexstore.engine.cache.CacheRegion} belongs to one table: it maps the ordinal of
 *       a block to the frame that holds it.
 *   <li>{@link io.apexstore.engine.cache.Slab} is memory cut into frames of one size. Readers read
 *       a frame without a lock, as under a sequence lock, or pin it.
 *   <li>{@code SizeClass} has the frames of one size and decides, by S3-FIFO, which block is
 *       evicted next; {@code FrameQueue} is one of its queues.
 *   <li>{@link io.apexstore.stats.StoreStats.CacheStats} are the figures; {@code HitCounter} counts
 *       hits without contention.
 * </ul>
 */
@NullMarked
package io.apexstore.engine.cache;

import org.jspecify.annotations.NullMarked;
