/** Benchmarks of single methods with JMH; {@code scripts/bench micro} runs them. */
@NullMarked
package io.apexstore.bench.micro;

import org.jspecify.annotations.NullMarked;
