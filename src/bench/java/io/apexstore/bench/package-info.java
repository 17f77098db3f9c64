/**
 * Measures ApexStore beside other stores, in one run on one machine; {@code scripts/bench} starts
 * it.
 */
@NullMarked
package io.apexstore.bench;

import org.jspecify.annotations.NullMarked;
