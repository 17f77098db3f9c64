/**
 * The stores that are measured, behind one small interface ({@link
 * io.apexstore.bench.store.BenchStore}, {@link io.apexstore.bench.store.Session}), and the keys and
 * values that all of them get ({@link io.apexstore.bench.store.Dataset}).
 */
@NullMarked
package io.apexstore.bench.store;

import org.jspecify.annotations.NullMarked;
