/** Tests of the change feed. */
@NullMarked
package io.apexstore.engine.feed;

import org.jspecify.annotations.NullMarked;
