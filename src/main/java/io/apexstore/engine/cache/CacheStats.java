package io.apexstore.engine.cache;

/**
 * What a cache holds and has done.
 *
 * @param hits blocks found; counted without coordination, so that a few may be missing under
 *     contention
 * @param misses blocks that were not there and were read
 * @param evictions blocks that made room for others
 * @param blocks blocks held
 * @param usedBytes bytes of the frames that hold a block
 * @param allocatedBytes bytes of memory taken so far; never given back
 * @param budgetBytes the most that will be taken
 */
public record CacheStats(
    long hits,
    long misses,
    long evictions,
    long blocks,
    long usedBytes,
    long allocatedBytes,
    long budgetBytes) {}
