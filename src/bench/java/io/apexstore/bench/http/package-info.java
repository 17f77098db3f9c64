/**
 * Benchmarks of the server. {@link io.apexstore.bench.http.HttpBench} compares it with a bare
 * Vert.x server and etcd, under {@code wrk}. {@link io.apexstore.bench.http.StartBench} measures
 * how long it takes to start.
 */
@NullMarked
package io.apexstore.bench.http;

import org.jspecify.annotations.NullMarked;
