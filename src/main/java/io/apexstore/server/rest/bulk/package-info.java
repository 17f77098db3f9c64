/**
 * Imports: {@code POST /keys/import} stores a stream of lines.
 *
 * <p>{@link io.apexstore.server.rest.bulk.ImportRoute} checks the request and creates an {@code
 * ImportSession}. The session passes the body to a {@code LineSplitter}, parses each line as an
 * {@code ImportLine}, collects the entries into batches and sends them, in order, to the event
 * loop's write gateway. When a batch is durable, the answer gets a line with the number of lines
 * stored so far. So a client that is interrupted can resume from the last count that it has seen.
 */
@NullMarked
package io.apexstore.server.rest.bulk;

import org.jspecify.annotations.NullMarked;
