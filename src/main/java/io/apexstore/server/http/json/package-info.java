/** JSON in and out: read strictly and with limits, written without an object in between. */
@NullMarked
package io.apexstore.server.http.json;

import org.jspecify.annotations.NullMarked;
