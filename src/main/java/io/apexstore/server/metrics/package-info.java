/**
 * What the server counts of its own work, cheap enough for every request, and how it is shown to
 * Prometheus.
 */
@NullMarked
package io.apexstore.server.metrics;

import org.jspecify.annotations.NullMarked;
