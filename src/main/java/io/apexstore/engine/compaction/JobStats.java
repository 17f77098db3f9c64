package io.apexstore.engine.compaction;

/**
 * What a flush or a merge read and wrote.
 *
 * @param tablesRead input tables, 0 for a flush
 * @param bytesRead bytes of the input tables
 * @param entriesRead entries read
 * @param tablesWritten output tables
 * @param bytesWritten bytes of the output tables
 * @param entriesWritten entries kept
 * @param durationNanos time in ns from the start to the manifest's sync
 */
public record JobStats(
    int tablesRead,
    long bytesRead,
    long entriesRead,
    int tablesWritten,
    long bytesWritten,
    long entriesWritten,
    long durationNanos) {}
