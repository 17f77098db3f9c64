package io.apexstore;

/**
 * The result of an increment.
 *
 * @param sum the new number
 * @param version the version of the commit that stored it
 */
public record IncrementResult(long sum, long version) {}
