/**
 * The benchmarks: ApexStore next to other stores, in one run on one machine. {@code scripts/bench}
 * starts them.
 *
 * <p>{@link io.apexstore.bench.BenchMain} parses the command line. {@link
 * io.apexstore.bench.Workloads} lists the workloads, with their peers and goals. For each one,
 * {@code Comparison} starts a process for each store ({@code WorkerProcess}, {@code WorkerMain})
 * and asks them for rounds in turn. A process runs a {@link io.apexstore.bench.job.Job} on a {@link
 * io.apexstore.bench.store.BenchStore}. {@link io.apexstore.bench.report.Summary} keeps the results
 * and {@link io.apexstore.bench.report.HtmlReport} draws them.
 */
@NullMarked
package io.apexstore.bench;

import org.jspecify.annotations.NullMarked;
