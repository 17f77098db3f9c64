/**
 * Bloom filters, which rule out most absent keys without a read from disk.
 *
 * <p>{@link io.apexstore.engine.filter.BloomFormat} defines the bits and computes sizes and
 * expected rates. {@link io.apexstore.engine.filter.BloomFilterBuilder} collects the hashes of keys
 * while a table is written and returns the filter's bits. {@link
 * io.apexstore.engine.filter.BloomFilter} reads the bits from memory outside the heap. This package
 * knows no files: tables store the bits in filter blocks.
 */
@NullMarked
package io.apexstore.engine.filter;

import org.jspecify.annotations.NullMarked;
