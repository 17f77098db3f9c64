/**
 * Causes of pauses. {@link io.apexstore.bench.pause.PauseWatch} notes the pauses of a measured
 * thread and attributes each to the store, the JVM or the machine, with the help of {@code
 * Hiccups}, {@code ThreadClock} and {@code FlightEvents}.
 */
@NullMarked
package io.apexstore.bench.pause;

import org.jspecify.annotations.NullMarked;
