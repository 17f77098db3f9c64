package io.apexstore.server.limit;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * The file descriptors of this process. Connections and the store's files share them, and clients
 * open connections as they like, so connections get half of those that are free at the start, and
 * the store's tables a quarter. The rest is for the log, the manifest and whatever else is opened.
 *
 * @param max the limit of the process, {@code ulimit -n}; {@link Long#MAX_VALUE} if it is unknown
 * @param open those in use
 */
public record FileDescriptors(long max, long open) {
  private static final long CONNECTIONS_OF_FREE = 2;
  private static final long TABLES_OF_FREE = 4;
  private static final int TABLES_MIN = 8;
  private static final int TABLES_MAX = 100_000;

  /** Looks up the descriptors of this process. */
  public static FileDescriptors ofProcess() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
            && unix.getMaxFileDescriptorCount() > 0
        ? new FileDescriptors(unix.getMaxFileDescriptorCount(), unix.getOpenFileDescriptorCount())
        : new FileDescriptors(Long.MAX_VALUE, 0);
  }

  /** Returns how many connections may be open at once, at least one and at most this many. */
  public int connectionsMax(int configured) {
    return Math.clamp((max - open) / CONNECTIONS_OF_FREE, 1, configured);
  }

  /** Returns how many tables may keep their file open at once, 8 to 100,000. */
  public int tablesMax() {
    return Math.clamp((max - open) / TABLES_OF_FREE, TABLES_MIN, TABLES_MAX);
  }
}
