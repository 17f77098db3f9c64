/** What all REST routes share: their context, the path of a key, preconditions. */
@NullMarked
package io.apexstore.server.rest.context;

import org.jspecify.annotations.NullMarked;
