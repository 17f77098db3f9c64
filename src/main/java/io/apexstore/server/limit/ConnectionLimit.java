package io.apexstore.server.limit;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts connections, altogether and by address. The address is the peer's own: what a header says
 * of it is not looked at.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> an address is kept only while it has connections, so
 * the table is no longer than the list of connections.
 */
public final class ConnectionLimit {
  private final int connectionsMax;
  private final int perAddressMax;
  private final AtomicInteger connections = new AtomicInteger();
  private final Map<String, Integer> countByAddress = new ConcurrentHashMap<>();

  /** Makes a limit; {@code perAddressMax} 0 stands for none. */
  public ConnectionLimit(int connectionsMax, int perAddressMax) {
    this.connectionsMax = connectionsMax;
    this.perAddressMax = perAddressMax;
  }

  /** Counts a new connection, or returns false: then it must be closed, and not be counted out. */
  public boolean tryOpen(String address) {
    if (connections.incrementAndGet() > connectionsMax) {
      connections.decrementAndGet();
      return false;
    }
    int count = countByAddress.merge(address, 1, Integer::sum);
    if (perAddressMax > 0 && count > perAddressMax) {
      close(address);
      return false;
    }
    return true;
  }

  /** Counts a connection out. */
  public void close(String address) {
    connections.decrementAndGet();
    countByAddress.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
  }

  /** Returns how many are open. */
  public int connections() {
    return connections.get();
  }

  /** Returns how many addresses have some. */
  public int addresses() {
    return countByAddress.size();
  }
}
