package io.apexstore.server.config;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * The check that the server is not reachable from other machines in clear text or without
 * authentication, unless the operator allowed that.
 */
public final class BindCheck {
  private BindCheck() {}

  /**
   * Checks the address that the server is about to listen on.
   *
   * @throws ConfigException if the server must not listen there, or the host has no address
   */
  public static void check(ServerConfig config) {
    if (config.insecureBindAllowed() || isLoopback(config.host())) {
      return;
    }
    String reason =
        config.authEnabled()
            ? "an address that other machines can reach needs TLS, which this version does not have"
            : "an address that other machines can reach needs TLS and AUTH_ENABLED=true";
    throw new ConfigException(
        "HOST: given \""
            + config.host()
            + "\", but "
            + reason
            + "; allowed: a loopback address, or ALLOW_INSECURE_BIND=true behind a proxy that"
            + " provides both");
  }

  /**
   * Returns whether a host has only addresses of the loopback interface.
   *
   * @throws ConfigException if the host has no address
   */
  public static boolean isLoopback(String host) {
    try {
      for (InetAddress address : InetAddress.getAllByName(host)) {
        if (!address.isLoopbackAddress()) {
          return false;
        }
      }
      return true;
    } catch (UnknownHostException e) {
      throw new ConfigException(
          "HOST: given \""
              + host
              + "\", which has no address; allowed: an address of this machine");
    }
  }
}
