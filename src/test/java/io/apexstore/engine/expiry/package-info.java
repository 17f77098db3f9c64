/** Tests of the sweeps. */
@NullMarked
package io.apexstore.engine.expiry;

import org.jspecify.annotations.NullMarked;
