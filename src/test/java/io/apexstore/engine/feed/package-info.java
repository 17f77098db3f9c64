/** Tests of the feed of changes. */
@NullMarked
package io.apexstore.engine.feed;

import org.jspecify.annotations.NullMarked;
