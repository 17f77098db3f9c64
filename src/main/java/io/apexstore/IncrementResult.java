package io.apexstore;

/**
 * What an increment came to.
 *
 * @param sum the new number
 * @param version the version of the commit that stored it
 */
public record IncrementResult(long sum, long version) {}
