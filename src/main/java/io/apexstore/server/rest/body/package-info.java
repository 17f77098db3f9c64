/** Reading request bodies and writing answers. */
@NullMarked
package io.apexstore.server.rest.body;

import org.jspecify.annotations.NullMarked;
