/**
 * Routes that read ranges of keys.
 *
 * <p>{@link io.apexstore.server.rest.scan.ScanRoutes} answers a page as one JSON object. An export,
 * or a scan whose client accepts newline-delimited JSON, is lines. {@code ScanPieces} writes both,
 * a piece at a time; {@code ScanRequest} is the parsed query of both.
 */
@NullMarked
package io.apexstore.server.rest.scan;

import org.jspecify.annotations.NullMarked;
