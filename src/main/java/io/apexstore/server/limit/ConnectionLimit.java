package io.apexstore.server.limit;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A limit on the number of open connections, in total and per client address.
 *
 * <p>The address is that of the TCP peer. Headers that name another one are ignored.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> an address is kept only while it has open connections,
 * so the map has at most as many entries as there are connections.
 */
public final class ConnectionLimit {
  private final int connectionsMax;
  private final int perAddressMax;
  private final AtomicInteger connections = new AtomicInteger();
  private final Map<String, Integer> countByAddress = new ConcurrentHashMap<>();

  /**
   * Creates a limit.
   *
   * @param connectionsMax the most connections in total
   * @param perAddressMax the most connections per address; 0 means no limit
   */
  public ConnectionLimit(int connectionsMax, int perAddressMax) {
    this.connectionsMax = connectionsMax;
    this.perAddressMax = perAddressMax;
  }

  /**
   * Counts a new connection and returns true, or returns false if a limit is reached. A connection
   * that got false must be closed, without a call of {@link #close}.
   */
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

  /** Counts a connection as closed. */
  public void close(String address) {
    connections.decrementAndGet();
    countByAddress.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
  }

  /** Returns the number of open connections. */
  public int connections() {
    return connections.get();
  }

  /** Returns the number of addresses that have open connections. */
  public int addresses() {
    return countByAddress.size();
  }
}
