package io.apexstore.server.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/** Operations on connections that Vert.x does not offer. */
public final class Connections {
  /** What a route tells the decoder of its connection, as an event in its pipeline. */
  public enum Event {
    /** See {@link #serveNoMore}. */
    SERVE_NO_MORE,
    /** See {@link #endWithInput}. */
    END_WITH_INPUT
  }

  private Connections() {}

  /**
   * Makes the current request the last one of its connection: once it is answered, what its client
   * sends is discarded. The caller closes the connection when the answer has been sent.
   */
  public static void serveNoMore(HttpConnection connection) {
    if (connection instanceof ConnectionBase base) {
      var _ = base.channel().pipeline().fireUserEventTriggered(Event.SERVE_NO_MORE);
    }
  }

  /**
   * Closes a connection when its client ends its stream while the current request is being
   * answered. An answer that has no end of its own needs this: other ones are finished for a client
   * that sends no more, but may still read.
   */
  public static void endWithInput(HttpConnection connection) {
    if (connection instanceof ConnectionBase base) {
      var _ = base.channel().pipeline().fireUserEventTriggered(Event.END_WITH_INPUT);
    }
  }

  /**
   * Resets a connection at once. An ordinary close waits until the client has read what was
   * written, and a client that reads nothing keeps the connection open for ever: Vert.x's handler
   * delays the close, so this one starts below all handlers. The kernel drops what it has not sent
   * yet instead of waiting for the client.
   */
  public static void abort(HttpConnection connection) {
    if (connection instanceof ConnectionBase base) {
      abort(base.channel());
    } else {
      connection.close();
    }
  }

  /** Resets the connection of a channel; see {@link #abort(HttpConnection)}. */
  public static void abort(Channel channel) {
    if (!channel.isOpen()) {
      return; // It has no options any more.
    }
    channel.config().setOption(ChannelOption.SO_LINGER, 0);
    var _ = channel.pipeline().firstContext().close();
  }
}
