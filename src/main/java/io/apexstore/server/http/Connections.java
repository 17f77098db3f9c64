package io.apexstore.server.http;

import io.netty.channel.ChannelOption;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/** What Vert.x has no call for. */
public final class Connections {
  private Connections() {}

  /**
   * Closes a connection at once. Closing it in the usual way waits until the client has taken what
   * was written, which one that takes nothing never does: Vert.x's handler holds the close back, so
   * this one begins below all handlers. Nor does the kernel keep what it has not sent, and wait for
   * the client: the connection is reset.
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
