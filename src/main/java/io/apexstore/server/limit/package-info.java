/**
 * What one client may take of the server: connections, and time to send what it began to send.
 * Knows neither routes nor tokens.
 */
@NullMarked
package io.apexstore.server.limit;

import org.jspecify.annotations.NullMarked;
