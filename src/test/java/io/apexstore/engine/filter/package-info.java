/** Tests of the filters: no key that was added is rejected, most others are. */
@NullMarked
package io.apexstore.engine.filter;

import org.jspecify.annotations.NullMarked;
