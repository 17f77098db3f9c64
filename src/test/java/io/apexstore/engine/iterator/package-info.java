/** Tests of the iterators that put several sources into one. */
@NullMarked
package io.apexstore.engine.iterator;

import org.jspecify.annotations.NullMarked;
