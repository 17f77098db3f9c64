/**
 * The jobs: what is measured. Each {@link io.apexstore.bench.job.Job} prepares a store, runs rounds
 * on it and returns a {@link io.apexstore.bench.job.Measurement} for each. {@link
 * io.apexstore.bench.job.BenchJobs} creates them.
 */
@NullMarked
package io.apexstore.bench.job;

import org.jspecify.annotations.NullMarked;
