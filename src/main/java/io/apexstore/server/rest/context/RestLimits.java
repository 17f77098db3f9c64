package io.apexstore.server.rest.context;

import java.time.Duration;

/**
 * The configured limits on requests and clients.
 *
 * @param jsonBytesMax the longest JSON body, and the longest line of an import, in bytes
 * @param rawBytesMax the longest value that is sent as it is, in bytes
 * @param clientTimeout how long a client may read nothing of its answer before it is disconnected
 * @param keepAlive how long a connection may be silent before it is closed
 */
public record RestLimits(
    int jsonBytesMax, int rawBytesMax, Duration clientTimeout, Duration keepAlive) {
  /**
   * The longest JSON that an event loop parses or writes, in bytes. Longer JSON is left to the I/O
   * pool, because it would delay the other connections of the loop.
   */
  public static final int LOOP_BYTES_MAX = 256 << 10;
}
