/**
 * Finds out why a measured thread stood still: what the store did, what the JVM did, and what the
 * machine did meanwhile.
 */
@NullMarked
package io.apexstore.bench.pause;

import org.jspecify.annotations.NullMarked;
