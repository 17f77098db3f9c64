/**
 * The change feed over HTTP: {@code GET /changes}.
 *
 * <p>{@link io.apexstore.server.rest.feed.ChangeRoutes} parses a {@code ChangeRequest}, whose
 * format decides how it is answered. {@code ChangePump} streams server-sent events or lines of JSON
 * until the client or the server ends the answer; {@code ChangeStream} gives it the pieces. {@code
 * ChangePage} waits for the first change of a page, which {@code PagePieces} then writes. Both read
 * a {@code FeedReader} on the I/O pool and write each change with a {@code ChangeWriter}, as {@code
 * ChangeJson} says.
 *
 * <p>A change of more than 4 KiB is written only if the answer budget has room. If it has none, a
 * page ends before the change, and a stream waits. While its client is waited for, a feed holds a
 * position, and a change that is half written.
 */
@NullMarked
package io.apexstore.server.rest.feed;

import org.jspecify.annotations.NullMarked;
