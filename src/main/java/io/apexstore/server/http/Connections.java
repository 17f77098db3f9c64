package io.apexstore.server.http;

import io.netty.channel.ChannelOption;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/** Operations on connections that Vert.x does not offer. */
public final class Connections {
  private Connections() {}

  /**
   * Resets a connection at once. An ordinary close waits until the client has read what was
   * written, and a client that reads nothing keeps the connection open for ever: Vert.x's handler
   * delays the close, so this one starts below all handlers. The kernel drops what it has not sent
   * yet instead of waiting for the client.
   */
  public static void abort(HttpConnection connection) {
    if (connection instanceof ConnectionBase base) {
      base.channel().config().setOption(ChannelOption.SO_LINGER, 0);
      var _ = base.channel().pipeline().firstContext().close();
    } else {
      connection.close();
    }
  }
}
