/**
 * The dashboard: a page in the browser that shows the running server.
 *
 * <p>{@link io.apexstore.server.dashboard.WebRoot} reads the files of the page (in the directory
 * {@code webroot} of the sources) from the jar, and {@link
 * io.apexstore.server.dashboard.DashboardRoutes} serves them with a strict content security policy.
 * The page polls {@code /stats} once per second and draws what it gets; it needs no other route.
 */
@NullMarked
package io.apexstore.server.dashboard;

import org.jspecify.annotations.NullMarked;
