/** The change feed over HTTP. */
@NullMarked
package io.apexstore.server.rest.feed;

import org.jspecify.annotations.NullMarked;
