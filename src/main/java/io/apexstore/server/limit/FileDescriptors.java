package io.apexstore.server.limit;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * The file descriptors of this process. Connections and the store's files share them, and clients
 * open connections as they like, so connections get half of those that are free at the start.
 *
 * @param max the limit of the process, {@code ulimit -n}; {@link Long#MAX_VALUE} if it is unknown
 * @param open those in use
 */
public record FileDescriptors(long max, long open) {
  private static final long OF_FREE = 2;

  /** Looks up the descriptors of this process. */
  public static FileDescriptors ofProcess() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
            && unix.getMaxFileDescriptorCount() > 0
        ? new FileDescriptors(unix.getMaxFileDescriptorCount(), unix.getOpenFileDescriptorCount())
        : new FileDescriptors(Long.MAX_VALUE, 0);
  }

  /** Returns how many connections may be open at once, at least one and at most this many. */
  public int connectionsMax(int configured) {
    return Math.clamp((max - open) / OF_FREE, 1, configured);
  }
}
