package io.apexstore.engine.cache;

/**
 * The figures of a block cache.
 *
 * @param hits blocks found; counted without coordination, so a few may be missing under contention
 * @param misses blocks that were not found and were read
 * @param evictions blocks evicted to make room for others
 * @param blocks blocks in the cache
 * @param usedBytes bytes of the frames that hold a block
 * @param allocatedBytes bytes of memory allocated so far; never released while the cache is open
 * @param budgetBytes the most bytes that will be allocated
 */
public record CacheStats(
    long hits,
    long misses,
    long evictions,
    long blocks,
    long usedBytes,
    long allocatedBytes,
    long budgetBytes) {}
