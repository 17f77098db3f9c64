/** Tests of the filters: no key that was added is rejected, most other keys are. */
@NullMarked
package io.apexstore.engine.filter;

import org.jspecify.annotations.NullMarked;
