/**
 * The REST routes: keys, batches, scans, import and export, health, figures and administration. A
 * class for each group of routes; {@link io.apexstore.server.rest.RestRoutes} lists them all.
 */
@NullMarked
package io.apexstore.server.rest;

import org.jspecify.annotations.NullMarked;
