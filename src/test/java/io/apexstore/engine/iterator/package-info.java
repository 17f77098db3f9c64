/** Tests of the iterators that combine several sources. */
@NullMarked
package io.apexstore.engine.iterator;

import org.jspecify.annotations.NullMarked;
