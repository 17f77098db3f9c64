/** Import. */
@NullMarked
package io.apexstore.server.rest.bulk;

import org.jspecify.annotations.NullMarked;
