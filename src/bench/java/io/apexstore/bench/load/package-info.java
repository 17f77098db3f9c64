/** Loads a store many keys large into a small heap and reads it back in order. */
@NullMarked
package io.apexstore.bench.load;

import org.jspecify.annotations.NullMarked;
