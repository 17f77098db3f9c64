/** The one exception of the API; its code says what the caller must do. */
@NullMarked
package io.apexstore.error;

import org.jspecify.annotations.NullMarked;
