package io.apexstore.server.config;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Refuses to serve the world in clear text or without tokens, unless told to. */
public final class BindCheck {
  private BindCheck() {}

  /**
   * Checks where the server is about to listen.
   *
   * @throws ConfigException if the start must end
   */
  public static void check(ServerConfig config) {
    if (config.insecureBindAllowed() || isLoopback(config.host())) {
      return;
    }
    String reason =
        config.authEnabled()
            ? "anything beyond this machine wants TLS, which this version does not have"
            : "anything beyond this machine wants TLS and AUTH_ENABLED=true";
    throw new ConfigException(
        "HOST: given \""
            + config.host()
            + "\", but "
            + reason
            + "; allowed: a loopback address, or ALLOW_INSECURE_BIND=true behind a proxy that"
            + " provides both");
  }

  private static boolean isLoopback(String host) {
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
