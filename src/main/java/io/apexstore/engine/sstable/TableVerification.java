package io.apexstore.engine.sstable;

/**
 * What was checked of a table in which nothing is wrong.
 *
 * @param blocks data and index blocks
 * @param entries entries of any kind
 * @param bytes stored bytes of the blocks
 */
public record TableVerification(long blocks, long entries, long bytes) {}
