package io.apexstore.engine.sstable;

/**
 * The figures of a verification that found no error.
 *
 * @param blocks data and index blocks
 * @param entries entries of any kind
 * @param bytes stored bytes of the blocks
 */
public record TableVerification(long blocks, long entries, long bytes) {}
