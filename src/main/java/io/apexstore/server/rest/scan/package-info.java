/**
 * Routes that read ranges of keys.
 *
 * <p>{@link io.apexstore.server.rest.scan.ScanRoutes} answers a page as one JSON object, which is
 * built on the I/O pool. An export, or a scan whose client accepts newline-delimited JSON, is
 * streamed: {@code EntryStream} reads the range a piece at a time from one cursor, and {@code
 * StreamPump} writes the pieces at the pace of the client. {@code ScanRequest} is the parsed query
 * of both.
 */
@NullMarked
package io.apexstore.server.rest.scan;

import org.jspecify.annotations.NullMarked;
