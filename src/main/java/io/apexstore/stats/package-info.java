/** The statistics of a store: one record, filled by the engine where the figures are. */
@NullMarked
package io.apexstore.stats;

import org.jspecify.annotations.NullMarked;
