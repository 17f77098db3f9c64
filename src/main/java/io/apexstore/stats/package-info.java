/**
 * The statistics of a store: {@link io.apexstore.stats.StoreStats}, one record with a nested record
 * for each part of the store.
 *
 * <p>{@code ApexStore.stats()} returns it. The parts of the engine that have the figures fill the
 * nested records; the server shows the same record as JSON and as metrics.
 */
@NullMarked
package io.apexstore.stats;

import org.jspecify.annotations.NullMarked;
