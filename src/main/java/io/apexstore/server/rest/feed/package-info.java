/**
 * The change feed over HTTP: {@code GET /changes}.
 *
 * <p>{@link io.apexstore.server.rest.feed.ChangeRoutes} parses a {@code ChangeRequest}, whose
 * format decides how it is answered. {@code ChangePump} streams server-sent events or lines of JSON
 * until the client or the server ends the answer; {@code ChangeStream} gives it the pieces. {@code
 * ChangePage} answers with one page and can wait for its first change. Both read a {@code
 * FeedReader} on the I/O pool and write each change with {@code ChangeJson}.
 *
 * <p>A change whose JSON is longer than the free bytes of a {@code BudgetedOutput} is written only
 * if the body budget has room. If it has none, a page ends before the change, and a stream ends
 * with the problem {@code overloaded}; the client resumes from its last token.
 */
@NullMarked
package io.apexstore.server.rest.feed;

import org.jspecify.annotations.NullMarked;
